"""The demo shop: tax classes, products, stock, suppliers and customers.

Seeding creates what does not exist and leaves what exists as it is; stock is received once per receipt id.
Two that seed at the same time are the same as one.
"""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal

from billing.documents.models import Seller
from billing.errors import SellerNotSet
from catalog.models import Category, Product, TaxClass
from catalog.operations import CatalogOperations
from customers.models import Customer
from inventory.models import Location, ReceiptLine
from inventory.operations import StockOperations
from purchasing.supplier_models import Price, Supplier, Terms
from tillflow.customers import UnknownCustomer
from tillflow.errors import IdempotencyConflict, RecordChanged

from till import defaults
from till.services.billing import Documents
from till.services.customers import Customers
from till.services.purchasing import Suppliers
from till.stack import Stack

LOCATION = defaults.LOCATION
WAREHOUSE = "warehouse"
LOCATIONS = (Location(location=LOCATION, name="Store 1"), Location(location=WAREHOUSE, name="Warehouse"))
CURRENCY = defaults.CURRENCY

ESPRESSO = "COF-ESP-1KG"
FILTER = "COF-FIL-500"
MUG = "MUG-WHT-300"
GRINDER = "GRD-HND-01"
COOKBOOK = "BOK-BRW-01"
SOLD_OUT = "COF-GEI-250"
CARDS = [f"CRD-{number:03}" for number in range(1, 201)]

TAX_CLASSES = (
    TaxClass(name="standard", rate=Decimal("0.20")),
    TaxClass(name="reduced", rate=Decimal("0.055")),
    TaxClass(name="zero", rate=Decimal("0")),
)

CATEGORIES = (
    Category(category="coffee", name="Coffee"),
    Category(category="kitchen", name="Kitchen"),
    Category(category="books", name="Books"),
    Category(category="cards", name="Greeting cards"),
    Category(category="demo", name="Products of the demo"),
)

NEW = 0
"""The version of a record that does not exist."""
WRITERS = 8
LEVELS_PER_PAGE = 1_000


@dataclass(frozen=True, slots=True)
class Good:
    """A product with the cost of a unit and the units in stock at first; amounts in minor units."""

    product: Product
    unit_cost: int
    units: int


def good(
    sku: str,
    name: str,
    price: int,
    cost: int,
    *,
    tax_class: str = "standard",
    category: str = "",
    units: int = 0,
    tax_included: bool = True,
    barcode: str | None = None,
) -> Good:
    product = Product(
        sku=sku,
        name=name,
        prices={CURRENCY: price},
        tax_class=tax_class,
        tax_included=tax_included,
        category=category,
        barcode=barcode,
    )
    return Good(product, cost, units)


GOODS = (
    good(
        ESPRESSO,
        "Espresso beans, 1 kg",
        1890,
        1020,
        tax_class="reduced",
        category="coffee",
        units=400,
        barcode="4006381333931",
    ),
    good(
        FILTER,
        "Filter coffee, 500 g",
        1095,
        610,
        tax_class="reduced",
        category="coffee",
        units=300,
        barcode="5901234123457",
    ),
    good(SOLD_OUT, "Geisha, single farm, 250 g", 3900, 2400, tax_class="reduced", category="coffee"),
    good(MUG, "Mug, white, 300 ml", 1250, 480, category="kitchen", units=500, barcode="9780201379624"),
    good(GRINDER, "Hand grinder", 8900, 5150, category="kitchen", units=40, tax_included=False),
    good(COOKBOOK, "Brewing, a book", 2490, 1300, tax_class="zero", category="books", units=60),
    *(
        good(
            sku,
            f"Greeting card no. {int(sku[-3:])}",
            195 + int(sku[-3:]) % 7 * 10,
            60,
            category="cards",
            units=50,
        )
        for sku in CARDS
    ),
)

CUSTOMERS = (
    Customer(customer_id="cus-ada", name="Ada Lovelace", email="ada@example.com"),
    Customer(customer_id="cus-grace", name="Grace Hopper", email="grace@example.com"),
    Customer(customer_id="cus-alan", name="Alan Turing", email="alan@example.com"),
)


SUPPLIERS = (
    Supplier(
        supplier_id="sup-roastery",
        name="The Roastery",
        currency=CURRENCY,
        lead_time_days=5,
        terms=Terms(days=30),
        tax_rate=Decimal("0.055"),
        account="acct_ok",
    ),
    Supplier(
        supplier_id="sup-wholesale",
        name="Kitchen and Coffee Wholesale",
        currency=CURRENCY,
        terms=Terms(days=14),
        tax_rate=Decimal("0.20"),
        account="acct_ok",
    ),
)
PRICE_LISTS = {
    "sup-roastery": (ESPRESSO, FILTER, SOLD_OUT),
    "sup-wholesale": (ESPRESSO, MUG, GRINDER, COOKBOOK),
}
"""The SKUs that each supplier offers, at the cost of the stock."""


SELLER = Seller(
    name="Tillflow Coffee",
    street="Torstrasse 1",
    postal_code="10119",
    city="Berlin",
    country="DE",
    vat_id="DE123456789",
    email="shop@example.com",
    footer="Goods can be returned within 30 days.",
)


@dataclass(frozen=True)
class Shop:
    """The demo shop on a deployed stack."""

    stack: Stack

    def seed(self, wrote: Callable[[str], None] = lambda what: None) -> None:
        """Create everything the demo shop has; what exists stays as it is. `wrote` gets each one."""
        for tax_class in TAX_CLASSES:
            self.catalog.create_tax_class(tax_class)
            wrote(f"tax class {tax_class.name}")
        for category in CATEGORIES:
            with suppress(RecordChanged):
                self.catalog.put_category(category, NEW)
            wrote(f"category {category.name}")
        self.add_products(GOODS, wrote)
        self.add_locations(wrote)
        with suppress(IdempotencyConflict):  # received by another version, of other products
            self.receive("seed", {item.product.sku: item.units for item in GOODS if item.units}, GOODS)
        wrote("stock")
        for supplier in SUPPLIERS:
            _create_supplier(Suppliers(self.stack), supplier)
            wrote(supplier.name)
        _set_seller(Documents(self.stack))
        wrote("seller")
        for customer in CUSTOMERS:
            _create_customer(Customers(self.stack), customer)
            wrote(customer.name)

    def add_products(self, goods: Iterable[Good], wrote: Callable[[str], None] = lambda what: None) -> None:
        """Create products in the catalog; those that exist stay as they are."""
        operations = self.catalog

        def create(item: Good) -> None:
            with suppress(RecordChanged):
                operations.put_product(item.product, NEW)
            wrote(item.product.name)

        with ThreadPoolExecutor(WRITERS) as pool:
            list(pool.map(create, goods))

    def add_locations(self, wrote: Callable[[str], None] = lambda what: None) -> None:
        """Create the demo shop's locations; those that exist keep their names."""
        for location in LOCATIONS:
            with suppress(RecordChanged):
                self.stock.put_location(location, NEW)
            wrote(f"location {location.location}")

    def receive(self, receipt_id: str, units: Mapping[str, int], goods: Iterable[Good] = GOODS) -> None:
        """Receive units at their cost, once per receipt id."""
        cost = {item.product.sku: item.unit_cost for item in goods}
        self.stock.receive(
            receipt_id,
            LOCATION,
            [ReceiptLine(sku=sku, quantity=count, cost=count * cost[sku]) for sku, count in units.items()],
            CURRENCY,
        )

    def units_on_hand(self) -> int:
        """Return how many units are in stock at the shop's store, of all products."""
        units, after = 0, ""
        while True:
            page = self.stock.list_levels(LEVELS_PER_PAGE, after, location=LOCATION)
            units += sum(level.on_hand for level in page.rows)
            if page.after is None:
                return units
            after = page.after

    @property
    def catalog(self) -> CatalogOperations:
        return CatalogOperations(self.stack.client("dynamodb"), self.stack.output("CatalogTable"))

    @property
    def stock(self) -> StockOperations:
        return StockOperations(self.stack.client("dynamodb"), self.stack.output("InventoryTable"))


def _create_customer(operations: Customers, customer: Customer) -> None:
    """Create a customer; an existing one may have been changed since, and stays as it is."""
    try:
        operations.get(customer.customer_id)
    except UnknownCustomer:
        with suppress(IdempotencyConflict):
            operations.create(customer.model_dump())


def _create_supplier(operations: Suppliers, supplier: Supplier) -> None:
    """Create a supplier with its price list; an existing one may have been changed since, and stays as it is."""
    cost = {item.product.sku: item.unit_cost for item in GOODS}
    prices = [Price(sku=sku, unit_cost=cost[sku]) for sku in PRICE_LISTS[supplier.supplier_id]]
    with suppress(IdempotencyConflict):
        operations.create(supplier, prices)


def _set_seller(operations: Documents) -> None:
    """Set the seller of a new shop; one that is set stays as it is."""
    try:
        operations.seller()
    except SellerNotSet:
        with suppress(RecordChanged):
            operations.update_seller(SELLER.model_dump())


RECORDS = (
    len(TAX_CLASSES) + len(CATEGORIES) + len(GOODS) + len(LOCATIONS) + 2 + len(SUPPLIERS) + len(CUSTOMERS)
)
"""The number of records that `Shop.seed` reports."""
