import { hrefOf } from "../../core/router";
import { useShop } from "../../core/shop";
import { ListPage, type Column } from "../parts";
import { Thumbnail } from "../thumbnail";
import { useTexts, type Row } from "../use-api";
import { ImageUpload } from "./image-upload";
import { Icon } from "../../core/ui";

function ListedThumbnail({ row }: { row: Row }): React.ReactNode {
  const { office } = useTexts();
  if (typeof row.thumbnail_url !== "string") return office.noThumbnail;
  const placeholder = typeof row.placeholder === "string" ? row.placeholder : "";
  return <Thumbnail key={row.thumbnail_url} url={row.thumbnail_url} placeholder={placeholder} name={String(row.key)} />;
}

const COLUMNS: readonly Column[] = [
  { field: "thumbnail_url", cell: (row) => <ListedThumbnail row={row} /> },
  { field: "key" }, { field: "sku" }, { field: "status" }, { field: "updated_at" },
];

/** Images of products, or those that were rejected. */
export function ImagesPage(): React.ReactNode {
  const { text, office } = useTexts();
  const { person } = useShop();
  return (
    <ListPage page="images" title={text.pages.images} route="GET /images" columns={COLUMNS} filters={[{ field: "sku" }]}>
      {(list) => person.scopes.includes("manage") && (
        <>
          <p><a href={hrefOf("images", "quarantine")}>{office.quarantine}</a></p>
          <ImageUpload onDone={list.reload} />
        </>
      )}
    </ListPage>
  );
}

/** Rejected images with the reason. */
export function QuarantinePage(): React.ReactNode {
  const { office, rejection } = useTexts();
  return (
    <ListPage
      page="images"
      title={office.quarantine}
      route="GET /images/quarantine"
      columns={[
        { field: "key" }, { field: "sku" }, { field: "reason", cell: ({ reason }) => office.values[String(reason)] ?? String(reason) },
        { field: "sentence", cell: ({ sentence }) => rejection(String(sentence)) }, { field: "updated_at" },
      ]}
    >
      {() => <p className="crumb"><a href={hrefOf("images")}><Icon name="back" /> {office.back}</a></p>}
    </ListPage>
  );
}
