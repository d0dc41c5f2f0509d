"""Demos: scenarios of each workflow, with their expected results."""

from till.demo.catalog_import import CatalogImportDemo
from till.demo.customer_merge import CustomerMergeDemo
from till.demo.customer_payment import CustomerPaymentDemo
from till.demo.image_ingest import ImageIngestDemo
from till.demo.model import Outcome, Pipeline
from till.demo.order_cancel import OrderCancelDemo
from till.demo.order_checkout import OrderCheckoutDemo
from till.demo.order_exchange import OrderExchangeDemo
from till.demo.order_return import OrderReturnDemo
from till.demo.order_shipment import OrderShipmentDemo
from till.demo.payment_reconciliation import PaymentReconciliationDemo
from till.demo.purchase_order import PurchaseOrderDemo
from till.demo.stock_reorder import StockReorderDemo
from till.demo.stock_transfer import StockTransferDemo

PIPELINES: tuple[Pipeline, ...] = (
    OrderCheckoutDemo(),
    OrderCancelDemo(),
    CustomerPaymentDemo(),
    CustomerMergeDemo(),
    PaymentReconciliationDemo(),
    OrderReturnDemo(),
    OrderExchangeDemo(),
    OrderShipmentDemo(),
    ImageIngestDemo(),
    CatalogImportDemo(),
    StockTransferDemo(),
    StockReorderDemo(),
    PurchaseOrderDemo(),
)

__all__ = ["PIPELINES", "Outcome", "Pipeline"]
