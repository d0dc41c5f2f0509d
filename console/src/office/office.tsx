import type { Route } from "../core/router";
import type { PageName } from "../pages";
import "./office.css";
import { ApprovalsPage } from "./pages/approvals";
import { CasePage, CasesPage } from "./pages/cases";
import { DeadLettersPage, DeadLetterQueuePage } from "./pages/dead-letters";
import { CountsPage } from "./pages/counts";
import { CustomerPage, CustomersPage } from "./pages/customers";
import { ExecutionPage, ExecutionsPage } from "./pages/executions";
import { ImagesPage, QuarantinePage } from "./pages/images";
import { DeliveriesPage, InvoicesPage, OrderPage, OrdersPage, PaymentsPage } from "./pages/orders";
import { ProductsPage } from "./pages/products";
import { PurchasePage, PurchasesPage } from "./pages/purchases";
import { ReportsPage } from "./pages/reports";
import { SettingsPage } from "./pages/settings";
import { StockPage } from "./pages/stock";
import { SuppliersPage } from "./pages/suppliers";
import { TransferPage, TransfersPage } from "./pages/transfers";
import { UsersPage } from "./pages/users";

type OfficePage = Exclude<PageName, "till" | "returns">;

const LISTS: Record<OfficePage, () => React.ReactNode> = {
  orders: OrdersPage,
  invoices: InvoicesPage,
  payments: PaymentsPage,
  customers: CustomersPage,
  products: ProductsPage,
  stock: StockPage,
  counts: CountsPage,
  transfers: TransfersPage,
  purchases: PurchasesPage,
  approvals: ApprovalsPage,
  suppliers: SuppliersPage,
  cases: CasesPage,
  "dead-letters": DeadLettersPage,
  executions: ExecutionsPage,
  images: ImagesPage,
  deliveries: DeliveriesPage,
  reports: ReportsPage,
  settings: SettingsPage,
  users: UsersPage,
};

const RECORDS: Partial<Record<OfficePage, (properties: { id: string }) => React.ReactNode>> = {
  orders: OrderPage,
  customers: CustomerPage,
  transfers: TransferPage,
  purchases: PurchasePage,
  cases: CasePage,
  "dead-letters": DeadLetterQueuePage,
  executions: ExecutionPage,
  images: QuarantinePage,
};

/** The back office: every page but the till, loaded when one is opened. */
export default function Office({ page, route }: { page: OfficePage; route: Route }): React.ReactNode {
  const RecordOf = RECORDS[page];
  const List = LISTS[page];
  return route.id !== "" && RecordOf !== undefined ? <RecordOf key={route.id} id={route.id} /> : <List key={page} />;
}
