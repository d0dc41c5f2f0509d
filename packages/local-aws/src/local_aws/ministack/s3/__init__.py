"""S3: checks of objects and of multipart uploads."""
