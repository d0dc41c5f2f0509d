import type { Tender } from "../till/sale";

/** Of a form in which a tender that is neither cash nor a card is added to a sale. */
export interface OtherTenderProps {
  customerId: string | undefined;
  /** What the tender shall pay; null when what was typed is not an amount. */
  amount: number | null;
  currency: string;
  /** The tenders that the sale has already. */
  tenders: readonly Tender[];
  onAdd: (tender: Tender) => void;
  /** Absent where the customer is given. */
  onChooseCustomer?: (() => void) | undefined;
}
