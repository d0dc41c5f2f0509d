import { format } from "../../core/money";
import { useShop } from "../../core/shop";
import { ListPage } from "../parts";
import { useTexts, type Row } from "../use-api";
import { ProductImport } from "./product-import";

export function ProductsPage(): React.ReactNode {
  const { text, office, code } = useTexts();
  const { config, person } = useShop();
  const price = ({ prices }: Row): string => {
    const amount = (prices as Record<string, number>)[config.currency];
    return amount === undefined ? "–" : format(amount, config.currency, code);
  };
  return (
    <ListPage
      page="products"
      title={text.pages.products}
      route="GET /products"
      columns={[
        { field: "sku" }, { field: "name" }, { field: "category" }, { field: "barcode" }, { field: "unit_price", number: true, cell: price },
        { field: "retired", cell: ({ retired }) => (retired === true ? office.yes : "–") },
      ]}
      filters={[{ field: "category" }]}
    >
      {(list) => person.scopes.includes("manage") && <ProductImport onDone={list.reload} />}
    </ListPage>
  );
}
