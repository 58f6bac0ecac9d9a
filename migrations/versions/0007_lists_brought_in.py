"""Lists that people bring in: file, dry run, proposal.

Revision 0007, after 0006.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('data_import',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('list_name', sa.String(length=80), nullable=False),
    sa.Column('file_name', sa.String(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('site_id', sa.Uuid(), nullable=True),
    sa.Column('row_count', sa.Integer(), nullable=False),
    sa.Column('finding_count', sa.Integer(), nullable=False),
    sa.Column('findings_sha256', sa.String(length=64), nullable=True),
    sa.Column('first_rows', sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
    sa.Column('state', sa.Enum('checked', 'faulty', 'proposed', 'applied', 'refused', name='importstate', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('note', sa.String(), nullable=False),
    sa.Column('uploaded_by', sa.String(), nullable=False),
    sa.Column('uploaded_by_name', sa.String(), nullable=False),
    sa.Column('uploaded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('case_id', sa.Uuid(), nullable=True),
    sa.Column('decided_by', sa.String(), nullable=True),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['process_case.id'], name=op.f('fk_data_import_case_id')),
    sa.ForeignKeyConstraint(['site_id'], ['site.id'], name=op.f('fk_data_import_site_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_data_import'))
    )
    with op.batch_alter_table('data_import', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_data_import_uploaded_at'), ['uploaded_at'], unique=False)



def downgrade() -> None:
    with op.batch_alter_table('data_import', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_data_import_uploaded_at'))

    op.drop_table('data_import')
