/** Parts of the till that are loaded after it, so that it opens sooner. Each is shown within a `LazyPart`. */

import { lazy } from "react";

// The page names the file, so that it is there when the connection is lost later.
const loadParts = (): Promise<typeof import("./parts")> => import("./parts");

export const AccountForm = lazy(async () => ({ default: (await loadParts()).AccountForm }));
export const Cardholder = lazy(async () => ({ default: (await loadParts()).Cardholder }));
export const CustomerDialog = lazy(async () => ({ default: (await loadParts()).CustomerDialog }));
export const DiscountDialog = lazy(async () => ({ default: (await loadParts()).DiscountDialog }));
export const GiftCardForm = lazy(async () => ({ default: (await loadParts()).GiftCardForm }));
export const OfflinePayment = lazy(async () => ({ default: (await loadParts()).OfflinePayment }));
export const ParkedDialog = lazy(async () => ({ default: (await loadParts()).ParkedDialog }));
export const PlaceFields = lazy(async () => ({ default: (await loadParts()).PlaceFields }));
export const QueueDialog = lazy(async () => ({ default: (await loadParts()).QueueDialog }));
export const Receipt = lazy(async () => ({ default: (await loadParts()).Receipt }));
export const StockDialog = lazy(async () => ({ default: (await loadParts()).StockDialog }));
