"""Original entries of human tasks.

Revision 0002, after 0001.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('original_entry',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('task_id', sa.Uuid(), nullable=False),
    sa.Column('case_id', sa.Uuid(), nullable=False),
    sa.Column('field', sa.String(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('label', sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
    sa.Column('value', sa.String(), nullable=False),
    sa.Column('shown', sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
    sa.Column('person_id', sa.String(), nullable=False),
    sa.Column('person_name', sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('reason', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['process_case.id'], name=op.f('fk_original_entry_case_id')),
    sa.ForeignKeyConstraint(['task_id'], ['human_task.id'], name=op.f('fk_original_entry_task_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_original_entry')),
    sa.UniqueConstraint('task_id', 'field', 'position', name=op.f('uq_original_entry_task_id_field_position'))
    )
    with op.batch_alter_table('original_entry', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_original_entry_case_id'), ['case_id'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('original_entry', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_original_entry_case_id'))

    op.drop_table('original_entry')
