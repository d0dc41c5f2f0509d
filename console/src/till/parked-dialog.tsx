import { useLanguage } from "../core/i18n";
import { format } from "../core/money";
import { Button, Dialog } from "../core/ui";
import { parkedSales, resume } from "./parked";
import { estimate } from "./sale";

/** Choose a parked sale to continue. */
export function ParkedDialog({ register, currency, onClose }: { register: string; currency: string; onClose: () => void }): React.ReactNode {
  const { text, code, date } = useLanguage();
  const choose = (orderId: string): void => {
    resume(register, orderId);
    onClose();
  };
  return (
    <Dialog title={text.till.parked} onClose={onClose}>
      <ul className="choices">
        {parkedSales(register).map(({ at, sale }) => (
          <li key={sale.orderId}>
            <Button kind="quiet" onClick={() => choose(sale.orderId)}>
              {sale.customer?.name ?? sale.lines.map((line) => line.name).join(", ")} · {format(estimate(sale), currency, code)} <small>{date(at)}{sale.sent === null ? "" : ` · ${text.till.waiting}`}</small>
            </Button>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}
