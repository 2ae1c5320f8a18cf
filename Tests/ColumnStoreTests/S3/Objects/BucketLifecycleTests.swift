import XCTest

@testable import ColumnStore

/// Goal: what a bucket's rules do to the store's objects is read as S3 means it. Method: rules in each form that S3 gives them in.
final class BucketLifecycleTests: XCTestCase {
    private func rules(_ rules: String) throws -> BucketLifecycle {
        try XCTUnwrap(BucketLifecycle(Array("<?xml version=\"1.0\"?><LifecycleConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\(rules)</LifecycleConfiguration>".utf8)))
    }

    private func rule(_ filter: String, status: String = "Enabled", days: String = "90", name: String = "GLACIER_IR") -> String {
        "<Rule><ID>a</ID>\(filter)<Status>\(status)</Status><Transition><Days>\(days)</Days><StorageClass>\(name)</StorageClass></Transition></Rule>"
    }

    private func fault(_ text: String, prefix: String = "warehouse/a") throws -> String? {
        try rules(text).fault(prefix: prefix, className: "GLACIER_IR", afterDays: 90)
    }

    func test_rules_thatCoverThePrefix_areEnough() throws {
        for filter in [
            "<Filter><Prefix>warehouse/</Prefix></Filter>", "<Filter><Prefix/></Filter>", "<Filter/>", "<Prefix>warehouse/a</Prefix>", "<Prefix></Prefix>",
            "<Filter><And><Prefix>warehouse/a/</Prefix><ObjectSizeGreaterThan>131072</ObjectSizeGreaterThan></And></Filter>",
        ] { XCTAssertNil(try fault(rule(filter)), filter) }
        XCTAssertNil(try fault(rule("<Filter/>", days: "30", name: "STANDARD_IA") + rule("<Filter/>")))
        XCTAssertNil(try fault(rule("<Prefix/>"), prefix: ""))
    }

    func test_rules_ofOthers_areNot() throws {
        for text in [
            "", rule("<Filter/>", status: "Disabled"), rule("<Filter><Prefix>warehouse/b</Prefix></Filter>"), rule("<Filter><Prefix>warehouse/a/receipts</Prefix></Filter>"),
            rule("<Filter><Tag><Key>k</Key><Value>v</Value></Tag></Filter>"), rule("<Filter/>", days: "many"), rule("<Filter/>", days: "99999999999999999999"),
            rule("<Filter><And><Prefix>warehouse/</Prefix><ObjectSizeLessThan>5</ObjectSizeLessThan></And></Filter>"),
        ] { XCTAssertTrue(try XCTUnwrap(try fault(text), text).contains("no rule of the bucket"), text) }
        XCTAssertTrue(try XCTUnwrap(try fault(rule("<Filter/>", days: "30"))).contains("to GLACIER_IR after 30 days; storage.class says GLACIER_IR after 90 days"))
        XCTAssertNotNil(try fault(rule("<Filter/>", name: "DEEP_ARCHIVE")))
    }

    func test_otherTexts_areNone() {
        for text in ["", "<Error/>", "<LifecycleConfiguration>", "<LifecycleConfiguration><Rule></LifecycleConfiguration>"] {
            XCTAssertNil(BucketLifecycle(Array(text.utf8)), text)
        }
    }
}
