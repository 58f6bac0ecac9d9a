"""the index for searching, keys of programs.

Revision 0016, after 0015.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0016'
down_revision = '0015'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('object_search',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=80), nullable=False),
    sa.Column('object_id', sa.Uuid(), nullable=False),
    sa.Column('words', sa.Text(), nullable=False),
    sa.Column('tokens', sa.Text().with_variant(postgresql.TSVECTOR(), "postgresql"), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_object_search')),
    sa.UniqueConstraint('kind', 'object_id', name=op.f('uq_object_search_kind_object_id')),
    info={'audit': False}
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE INDEX ix_object_search_tokens ON object_search USING gin (tokens)"
            " WITH (gin_pending_list_limit = 256)"
        )
    else:
        op.execute(
            "CREATE VIRTUAL TABLE object_search_fts USING fts5(tokens, content='object_search', content_rowid='id',"
            " tokenize='ascii', detail=none, columnsize=0)"
        )

    op.create_table('access_token',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('secret_sha256', sa.String(length=64), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_access_token_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_access_token')),
    sa.UniqueConstraint('secret_sha256', name=op.f('uq_access_token_secret_sha256'))
    )
    op.create_index(op.f('ix_access_token_person_id'), 'access_token', ['person_id'])
    op.create_table('access_token_use',
    sa.Column('token_id', sa.Uuid(), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['token_id'], ['access_token.id'], name=op.f('fk_access_token_use_token_id')),
    sa.PrimaryKeyConstraint('token_id', name=op.f('pk_access_token_use')),
    info={'audit': False}
    )
    op.create_table('answered_request',
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('key', sa.String(length=200), nullable=False),
    sa.Column('asked_sha256', sa.String(length=64), nullable=False),
    sa.Column('status', sa.Integer(), nullable=False),
    sa.Column('answer', sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
    sa.Column('answered_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_answered_request_person_id')),
    sa.PrimaryKeyConstraint('person_id', 'key', name=op.f('pk_answered_request')),
    info={'audit': False}
    )
    op.create_index(op.f('ix_answered_request_answered_at'), 'answered_request', ['answered_at'])


def downgrade() -> None:
    op.drop_table('answered_request')
    op.drop_table('access_token_use')
    op.drop_table('access_token')
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE object_search_fts")
    op.drop_table('object_search')
