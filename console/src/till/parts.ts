/** The parts of the till that are not needed to open it: one file, loaded soon after the till or when a part is shown. */

import "../texts/problems-de";

export { OfflinePayment } from "../offline/offline-payment";
export { QueueDialog } from "../offline/queue-dialog";
export { AccountForm } from "../payment/account-form";
export { Cardholder } from "../payment/cardholder";
export { GiftCardForm } from "../payment/gift-card-form";
export { CustomerDialog } from "./customer-dialog";
export { DiscountDialog } from "./discount-dialog";
export { MailDialog } from "./mail-dialog";
export { ParkedDialog } from "./parked-dialog";
export { PaymentDialog } from "./payment-dialog";
export { PlaceFields } from "./place-fields";
export { Receipt } from "./receipt";
export { StockDialog } from "./stock-dialog";
