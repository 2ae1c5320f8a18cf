import ColumnStore
import XCTest

/// Goal: a place's kind is known by its URL. Method: URLs of each kind, and others.
final class StorageSchemeTests: XCTestCase {
    func test_scheme_isOfTheUrlsBeginning() {
        XCTAssertEqual(StorageScheme(of: "s3://bucket/a"), .bucket)
        XCTAssertEqual(StorageScheme(of: "file:///a"), .directory)
        for url in ["", "/a", "file://host/a", "file:/a", "s3:/bucket", "S3://bucket", "http://a", "gs://bucket"] {
            XCTAssertNil(StorageScheme(of: url), url)
            XCTAssertFalse(StorageScheme.isRemote(url), url)
        }
        XCTAssertTrue(StorageScheme.isRemote("s3://"))
        XCTAssertFalse(StorageScheme.isRemote("file:///"))
    }

    func test_forms_beginAsTheirScheme_andAreListedForMessages() {
        for scheme in StorageScheme.allCases { XCTAssertEqual(StorageScheme(of: scheme.form), scheme) }
        XCTAssertEqual(StorageScheme.forms, "s3://bucket/prefix or file:///directory")
        XCTAssertEqual(StorageScheme.remoteForms, "s3://bucket/prefix")
    }
}
