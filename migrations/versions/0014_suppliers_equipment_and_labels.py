"""What suppliers may deliver, equipment, printed labels; why a receipt was put on hold.

Revision 0014, after 0013.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0014'
down_revision = '0013'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('equipment',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('code', sa.String(), nullable=False),
    sa.Column('name', sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
    sa.Column('kind', sa.Enum('instrument', 'machine', 'utility', 'software', name='equipmentkind', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('site_id', sa.Uuid(), nullable=False),
    sa.Column('place', sa.String(), nullable=False),
    sa.Column('serial', sa.String(), nullable=False),
    sa.Column('maker', sa.String(), nullable=False),
    sa.Column('state', sa.Enum('in_use', 'out_of_use', 'retired', name='equipmentstate', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('qualification_months', sa.Integer(), nullable=True),
    sa.Column('calibration_months', sa.Integer(), nullable=True),
    sa.Column('maintenance_months', sa.Integer(), nullable=True),
    sa.Column('qualified_until', sa.Date(), nullable=True),
    sa.Column('calibrated_until', sa.Date(), nullable=True),
    sa.Column('maintained_until', sa.Date(), nullable=True),
    sa.Column('last_good', sa.Date(), nullable=True),
    sa.Column('blocked', sa.Boolean(), nullable=False),
    sa.Column('block_reason', sa.String(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['site_id'], ['site.id'], name=op.f('fk_equipment_site_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_equipment')),
    sa.UniqueConstraint('code', name=op.f('uq_equipment_code'))
    )
    with op.batch_alter_table('equipment', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_equipment_site_id_state'), ['site_id', 'state'], unique=False)

    op.create_table('label_print',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Enum('lot', 'location', 'equipment', name='labelkind', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('subject_id', sa.Uuid(), nullable=False),
    sa.Column('site_id', sa.Uuid(), nullable=False),
    sa.Column('subject', sa.String(), nullable=False),
    sa.Column('content', sa.String(), nullable=False),
    sa.Column('copies', sa.Integer(), nullable=False),
    sa.Column('reason', sa.String(), nullable=False),
    sa.Column('printed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('printed_by', sa.String(), nullable=False),
    sa.Column('printed_by_name', sa.String(), nullable=False),
    sa.CheckConstraint('copies > 0', name=op.f('ck_label_print_copies')),
    sa.ForeignKeyConstraint(['site_id'], ['site.id'], name=op.f('fk_label_print_site_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_label_print')),
    info={'append_only': True}
    )
    with op.batch_alter_table('label_print', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_label_print_kind_subject_id_printed_at'), ['kind', 'subject_id', 'printed_at'], unique=False)

    op.create_table('supplier_certificate',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('supplier_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Enum('iso_13485', 'iso_9001', 'registration', 'licence', 'test_report', 'other', name='certificatekind', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('number', sa.String(), nullable=False),
    sa.Column('issuer', sa.String(), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_until', sa.Date(), nullable=True),
    sa.Column('sha256', sa.String(), nullable=True),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.CheckConstraint('valid_until IS NULL OR valid_until >= valid_from', name=op.f('ck_supplier_certificate_days')),
    sa.ForeignKeyConstraint(['supplier_id'], ['supplier.id'], name=op.f('fk_supplier_certificate_supplier_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_supplier_certificate')),
    sa.UniqueConstraint('supplier_id', 'kind', 'number', name=op.f('uq_supplier_certificate_supplier_id_kind_number'))
    )
    with op.batch_alter_table('supplier_certificate', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_supplier_certificate_valid_until'), ['valid_until'], unique=False)

    op.create_table('supplier_class',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('supplier_id', sa.Uuid(), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('risk_class', sa.String(), nullable=False),
    sa.Column('grounds', sa.String(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.CheckConstraint("risk_class IN ('A', 'B', 'C')", name=op.f('ck_supplier_class_risk_class')),
    sa.ForeignKeyConstraint(['supplier_id'], ['supplier.id'], name=op.f('fk_supplier_class_supplier_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_supplier_class')),
    sa.UniqueConstraint('supplier_id', 'valid_from', name=op.f('uq_supplier_class_supplier_id_valid_from'))
    )
    op.create_table('supplier_scope',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('supplier_id', sa.Uuid(), nullable=False),
    sa.Column('item_id', sa.Uuid(), nullable=False),
    sa.Column('site_id', sa.Uuid(), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_until', sa.Date(), nullable=True),
    sa.Column('when_conditional', sa.Boolean(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.CheckConstraint('valid_until IS NULL OR valid_until >= valid_from', name=op.f('ck_supplier_scope_days')),
    sa.ForeignKeyConstraint(['item_id'], ['item.id'], name=op.f('fk_supplier_scope_item_id')),
    sa.ForeignKeyConstraint(['site_id'], ['site.id'], name=op.f('fk_supplier_scope_site_id')),
    sa.ForeignKeyConstraint(['supplier_id'], ['supplier.id'], name=op.f('fk_supplier_scope_supplier_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_supplier_scope')),
    sa.UniqueConstraint('supplier_id', 'item_id', 'site_id', 'valid_from', name=op.f('uq_supplier_scope_supplier_id_item_id_site_id_valid_from'))
    )
    with op.batch_alter_table('supplier_scope', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_supplier_scope_item_id_site_id'), ['item_id', 'site_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_supplier_scope_valid_until'), ['valid_until'], unique=False)

    op.create_table('supplier_standing',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('supplier_id', sa.Uuid(), nullable=False),
    sa.Column('standing', sa.Enum('free', 'conditional', 'blocked', name='standing', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('why', sa.String(), nullable=False),
    sa.Column('since', sa.DateTime(timezone=True), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['supplier_id'], ['supplier.id'], name=op.f('fk_supplier_standing_supplier_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_supplier_standing')),
    sa.UniqueConstraint('supplier_id', name=op.f('uq_supplier_standing_supplier_id'))
    )
    op.create_table('equipment_event',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('equipment_id', sa.Uuid(), nullable=False),
    sa.Column('duty', sa.Enum('qualification', 'calibration', 'maintenance', name='duty', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('done_on', sa.Date(), nullable=False),
    sa.Column('until', sa.Date(), nullable=True),
    sa.Column('verdict', sa.Enum('good', 'out_of_tolerance', name='verdict', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('document', sa.String(), nullable=False),
    sa.Column('remarks', sa.String(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=True),
    sa.Column('file_name', sa.String(), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('recorded_by', sa.String(), nullable=False),
    sa.Column('recorded_by_name', sa.String(), nullable=False),
    sa.CheckConstraint('until IS NULL OR until >= done_on', name=op.f('ck_equipment_event_days')),
    sa.ForeignKeyConstraint(['equipment_id'], ['equipment.id'], name=op.f('fk_equipment_event_equipment_id')),
    sa.ForeignKeyConstraint(['sha256'], ['stored_file.sha256'], name=op.f('fk_equipment_event_sha256')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_equipment_event')),
    info={'append_only': True}
    )
    with op.batch_alter_table('equipment_event', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_equipment_event_equipment_id_done_on'), ['equipment_id', 'done_on'], unique=False)

    op.create_table('equipment_use',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('equipment_id', sa.Uuid(), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('what', sa.String(), nullable=False),
    sa.Column('subject_type', sa.String(), nullable=False),
    sa.Column('subject_id', sa.Uuid(), nullable=False),
    sa.Column('case_id', sa.Uuid(), nullable=True),
    sa.Column('used_by', sa.String(), nullable=False),
    sa.Column('used_by_name', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['process_case.id'], name=op.f('fk_equipment_use_case_id')),
    sa.ForeignKeyConstraint(['equipment_id'], ['equipment.id'], name=op.f('fk_equipment_use_equipment_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_equipment_use')),
    info={'append_only': True}
    )
    with op.batch_alter_table('equipment_use', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_equipment_use_equipment_id_used_at'), ['equipment_id', 'used_at'], unique=False)

    with op.batch_alter_table('receipt', schema=None) as batch_op:
        batch_op.add_column(sa.Column('held_because', sa.String(), server_default='', nullable=False))



def downgrade() -> None:
    with op.batch_alter_table('receipt', schema=None) as batch_op:
        batch_op.drop_column('held_because')

    with op.batch_alter_table('equipment_use', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_equipment_use_equipment_id_used_at'))

    op.drop_table('equipment_use')
    with op.batch_alter_table('equipment_event', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_equipment_event_equipment_id_done_on'))

    op.drop_table('equipment_event')
    op.drop_table('supplier_standing')
    with op.batch_alter_table('supplier_scope', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_supplier_scope_valid_until'))
        batch_op.drop_index(batch_op.f('ix_supplier_scope_item_id_site_id'))

    op.drop_table('supplier_scope')
    op.drop_table('supplier_class')
    with op.batch_alter_table('supplier_certificate', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_supplier_certificate_valid_until'))

    op.drop_table('supplier_certificate')
    with op.batch_alter_table('label_print', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_label_print_kind_subject_id_printed_at'))

    op.drop_table('label_print')
    with op.batch_alter_table('equipment', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_equipment_site_id_state'))

    op.drop_table('equipment')
