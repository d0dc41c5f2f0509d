import { useEffect, useState } from "react";
import { Problem } from "../core/api";
import { useLanguage } from "../core/i18n";
import type { Customer } from "../core/responses";
import { useShop } from "../core/shop";
import { Button, Dialog, Field } from "../core/ui";

/** More than these are found by the filter. */
const MOST_SHOWN = 50;

interface CustomerDialogProps {
  onChoose: (customer: Pick<Customer, "customer_id" | "name"> | null) => void;
  onClose: () => void;
}

/** Choose a customer. */
export function CustomerDialog({ onChoose, onClose }: CustomerDialogProps): React.ReactNode {
  const language = useLanguage();
  const { text } = language;
  const { api } = useShop();
  const [customers, setCustomers] = useState<Customer[]>([]);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [filter, setFilter] = useState("");
  useEffect(() => {
    let isOpen = true;
    const load = async (): Promise<void> => {
      let cursor: string | undefined;
      do {
        const page = await api.get("GET /customers", { query: { limit: 100, cursor } });
        if (!isOpen) return;
        setCustomers((before) => [...before, ...page.customers]);
        cursor = page.next_cursor ?? undefined;
      } while (cursor !== undefined);
    };
    load().catch((error: unknown) => { if (error instanceof Problem) setProblem(error); });
    return () => { isOpen = false; };
  }, [api]);
  const wanted = filter.toLowerCase();
  const matches = customers.filter(({ name, customer_id }) => `${name}\n${customer_id}`.toLowerCase().includes(wanted));
  const choose = (customer: Customer | null): void => {
    onChoose(customer === null ? null : { customer_id: customer.customer_id, name: customer.name });
    onClose();
  };
  return (
    <Dialog title={text.till.chooseCustomer} onClose={onClose}>
      <Field label={text.till.filterCustomers} value={filter} onChange={(event) => setFilter(event.target.value)} data-focus />
      {problem !== null && <p role="alert" className="notice bad">{language.problem(problem.title, problem.cashierMessage)}</p>}
      <ul className="choices">
        <li><Button kind="quiet" onClick={() => choose(null)}>{text.till.noCustomer}</Button></li>
        {matches.slice(0, MOST_SHOWN).map((customer) => (
          <li key={customer.customer_id}>
            <Button kind="quiet" onClick={() => choose(customer)}>{customer.name} <small>{customer.customer_id}</small></Button>
          </li>
        ))}
        {matches.length > MOST_SHOWN && <li><small>{text.till.moreCustomers(matches.length - MOST_SHOWN)}</small></li>}
      </ul>
    </Dialog>
  );
}
