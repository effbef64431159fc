"""The tables of the registry: a database of its own, with the spaces and what belongs to them."""

import sqlalchemy as sa

metadata = sa.MetaData()
