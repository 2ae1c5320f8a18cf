import ColumnStore
import Ingest
import TestSupport
import XCTest

/// Goal: one table of the kinds of storage that there are. Method: URLs of each kind, what is nearly one, and what each kind makes of its URLs.
final class StorageSchemeTests: XCTestCase {
    func test_kind_ofAURL_isTheOneWhoseSchemeItHas() {
        XCTAssertEqual(StorageScheme.kind(of: "s3://bucket/a")?.scheme, "s3://")
        XCTAssertEqual(StorageScheme.kind(of: "file:///a")?.scheme, "file:///")
        for url in ["", "/srv/a", "s3:/bucket", "file://host/a", "https://bucket", "S3://bucket/a", " s3://bucket"] {
            XCTAssertNil(StorageScheme.kind(of: url), url)
            XCTAssertFalse(StorageScheme.isRemote(url), url)
        }
        XCTAssertTrue(StorageScheme.isRemote("s3://"))
        XCTAssertFalse(StorageScheme.isRemote("file:///"))
    }

    func test_forms_ofEachKind_areURLsOfIt() {
        for kind in StorageScheme.all { XCTAssertEqual(StorageScheme.kind(of: kind.form)?.scheme, kind.scheme) }
        XCTAssertEqual(StorageScheme.forms, "s3://bucket/prefix or file:///directory")
        XCTAssertEqual(StorageScheme.remoteForms, "s3://bucket/prefix")
    }

    /// What the rest of the store asks of a kind before it trusts it with anything, of every kind that there is: no request is sent for that.
    func test_kinds_makeTheirStorages() throws {
        for kind in StorageScheme.all {
            let storages = try kind.open(StorageAddress(kind.form, StorageSettings()))
            XCTAssertEqual(storages.location, kind.form)
            XCTAssertEqual(storages.isRemote, kind.isRemote, kind.form)
            XCTAssertNotNil(storages.root, kind.form)
            XCTAssertEqual(storages.objects == nil, !kind.isRemote, "what lies behind a network has no files that a backup could go to")
            XCTAssertEqual(storages.requests == nil, !kind.isRemote, "requests are counted")
            let table = try storages.storage(of: "t", in: "/nowhere", calls: LinuxFileSystem())
            XCTAssertEqual(table.location(of: "data/a.parquet"), "\(kind.form)/t/data/a.parquet")
        }
    }

    func test_kinds_refuseWhatTheyCannotOpen_withWhatIsWanted() {
        for (url, wanted) in [("s3://b", "no name of a bucket"), ("s3://bucket/a b", "no usable prefix"), ("file:///", "an absolute path"), ("file:///a/../b", "an absolute path"), ("file:///a?b", "an absolute path")] {
            XCTAssertThrowsError(try StorageScheme.kind(of: url)?.open(StorageAddress(url, StorageSettings())), url) {
                XCTAssertEqual(($0 as? ColumnStoreError)?.code, .invalidRequest, url)
                XCTAssertTrue(($0 as? ColumnStoreError)?.detail.contains(wanted) == true, "\($0)")
            }
        }
        XCTAssertNil(try DirectoryURL.path("s3://bucket/a"))
        XCTAssertEqual(try DirectoryURL.path("file:///srv//till/"), "/srv/till")
    }

    func test_bucket_isWhereTheSettingsSay_andTheEnvironmentWhereTheyDoNot() throws {
        func host(_ change: (inout StorageSettings) -> Void = { _ in }, _ environment: [String: String] = [:]) throws -> String? {
            var settings = StorageSettings()
            change(&settings)
            return (try StorageKind.bucket.open(StorageAddress("s3://receipts/a", settings, environment: environment)) as? BucketStorageFactory)?.client.endpoint.host
        }
        XCTAssertEqual(try host(), "receipts.s3.us-east-1.amazonaws.com")
        XCTAssertEqual(try host({ $0["region"] = "eu-central-1" }), "receipts.s3.eu-central-1.amazonaws.com")
        XCTAssertEqual(try host({ _ in }, ["AWS_DEFAULT_REGION": "eu-west-1"]), "receipts.s3.eu-west-1.amazonaws.com")
        XCTAssertEqual(try host({ $0["region"] = "eu-central-1" }, ["AWS_REGION": "eu-west-1"]), "receipts.s3.eu-central-1.amazonaws.com")
        XCTAssertEqual(try host({ $0["path_style"] = "true" }), "s3.us-east-1.amazonaws.com")
        XCTAssertEqual(try host({ ($0["endpoint"], $0["path_style"]) = ("http://127.0.0.1:9000", "true") }), "127.0.0.1:9000")
        XCTAssertEqual(try host({ $0["path_style"] = "true" }, ["AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9001"]), "127.0.0.1:9001")
    }

    func test_readers_ofABucket_areToldWhereItIs_andLentKeysOfARole() throws {
        func reading(_ kind: StorageKind, _ role: String?, _ environment: [String: String] = [:]) throws -> WarehouseReading {
            var settings = StorageSettings()
            settings["region"] = "eu-central-1"
            return try kind.reading(StorageAddress(kind.form, settings, environment: environment), role)
        }
        let role = "arn:aws:iam::123456789012:role/readers"
        XCTAssertEqual(StorageScheme.all.filter(\.lendsKeys).map(\.scheme), ["s3://"])
        XCTAssertEqual(try reading(.bucket, nil).properties, [WarehouseProperty("s3.region", "eu-central-1"), WarehouseProperty("client.region", "eu-central-1")])
        XCTAssertNil(try reading(.bucket, nil).lender)
        XCTAssertNotNil(try reading(.bucket, role).lender)
        XCTAssertThrowsError(try reading(.bucket, role, ["AWS_ENDPOINT_URL_STS": "nowhere"])) {
            XCTAssertEqual(($0 as? ColumnStoreError)?.code, .invalidRequest)
            XCTAssertTrue(($0 as? ColumnStoreError)?.detail.hasPrefix("AWS_ENDPOINT_URL_STS, where its keys are asked for: ") == true, "\($0)")
        }
        XCTAssertEqual(try reading(.directory, nil).properties, [])
        XCTAssertNil(try reading(.directory, nil).lender)
    }

    /// Who sets `storage.class` for a place that has no such rules learns that it does nothing.
    func test_classes_ofADirectory_areNone() {
        XCTAssertEqual(LocalStorageFactory().classFault("GLACIER_IR", afterDays: 90), "storage.class is set, and storage.url names no bucket")
    }

    /// Keys are among them, and settings come into logs.
    func test_settings_areNotShown() {
        var settings = StorageSettings()
        settings["credentials.secret_access_key"] = "hidden/value"
        for text in ["\(settings)", String(reflecting: settings), "\(StorageAddress("s3://a", settings, environment: ["AWS_SECRET_ACCESS_KEY": "hidden"]))"] { XCTAssertFalse(text.contains("hidden"), text) }
    }
}
