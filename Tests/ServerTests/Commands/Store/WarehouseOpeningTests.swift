import ColumnStore
import XCTest

@testable import Server

/// What clients of the REST catalog learn of the bucket: where it is, and no key.
final class WarehouseOpeningTests: XCTestCase {
    private func reading(_ url: String?, _ change: (inout Settings.Storage) -> Void = { _ in }) throws -> [WarehouseProperty] {
        var settings = Settings()
        settings.storage.url = url
        settings.storage.own["region"] = "eu-central-1"
        (settings.storage.own["credentials.access_key_id"], settings.storage.own["credentials.secret_access_key"]) = ("AK", "SECRET")
        settings.storage.own["credentials.session_token"] = "SESSION"
        change(&settings.storage)
        let reading = try WarehouseOpening.reading(settings)
        XCTAssertEqual(reading.lender == nil, settings.storage.lentRole == nil)
        return reading.properties
    }

    func test_keysOfARole_areLentWhereOneIsNamed() throws {
        let own = try reading("s3://bucket/till")
        XCTAssertEqual(try reading("s3://bucket/till") { $0.lentRole = "arn:aws:iam::123456789012:role/readers" }, own)
    }

    func test_ofABucket_itsPlaceIsTold_andNoKey() throws {
        XCTAssertEqual(try reading("s3://bucket/till"), [WarehouseProperty("s3.region", "eu-central-1"), WarehouseProperty("client.region", "eu-central-1")])
        let own = try reading("s3://bucket/till") { ($0.own["endpoint"], $0.own["path_style"]) = ("http://127.0.0.1:9000", "true") }
        XCTAssertEqual(own.map(\.name), ["s3.region", "client.region", "s3.endpoint", "s3.path-style-access"])
        XCTAssertEqual(own.map(\.value), ["eu-central-1", "eu-central-1", "http://127.0.0.1:9000", "true"])
        for property in own { XCTAssertFalse(["AK", "SECRET", "SESSION"].contains { property.value.contains($0) || property.name.contains("key") }) }
    }

    func test_ofTheLog_theRegionMayBeAnother() {
        func region(_ settings: Settings, of url: String) -> String? {
            let own = WarehouseOpening.storage(settings, of: url)
            // Keys are asked for where those of all places are.
            XCTAssertEqual(own["region"], "eu-central-1", url)
            return own[StorageSettings.regionOfPlace] ?? own["region"]
        }
        var settings = Settings()
        (settings.storage.own["region"], settings.logURL) = ("eu-central-1", "s3://far/log")
        XCTAssertEqual(region(settings, of: "s3://far/log"), "eu-central-1")
        settings.logRegion = "eu-west-1"
        for url in ["s3://far/log", "s3://far/log/base"] { XCTAssertEqual(region(settings, of: url), "eu-west-1", url) }
        // The setting as somebody may write it: places below it are named without the last sign.
        settings.logURL = "s3://far/log/"
        for url in ["s3://far/log", "s3://far/log/", "s3://far/log/archive/base"] { XCTAssertEqual(region(settings, of: url), "eu-west-1", url) }
        for url in ["s3://far/logs", "s3://far/exports", "s3://near/log", "s3://near/log/s3://far/log"] { XCTAssertEqual(region(settings, of: url), "eu-central-1", url) }
    }

    func test_ofFilesHere_nothingIsTold() throws {
        XCTAssertEqual(try reading(nil), [])
        XCTAssertEqual(try reading("file:///srv/warehouse"), [])
    }
}
