"""The harness imports a module of handlers once, for whichever of its functions is called first."""

from verification.harness.template import Template


def test_module_of_handlers_is_imported_with_the_variables_of_all_its_functions() -> None:
    template = Template.read()
    images = template.environment("images.handlers")
    assert images["TABLE_NAME"] == "ImagesTable"
    assert {"IMAGES_BUCKET", "THUMBNAILS_BUCKET", "QUARANTINE_BUCKET"} <= images.keys()
    alone = template.functions["FindStaleFunction"].environment
    assert alone.items() < images.items()
