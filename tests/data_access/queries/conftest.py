from tests.factories.databases import (  # noqa: F401 - fixtures
    analytics,
    postgres_engine,
    read,
    shop,
    shop_engine,
    store,
    take,
)
