import ColumnStore
import Foundation
import TestSupport
import XCTest

/// Goal: answers of a service are read, and no bytes end the process. Method: examples; every text cut and changed at each place.
final class ServiceXMLTests: XCTestCase {
    private static let listing = """
        <?xml version="1.0" encoding="UTF-8"?>
        <!-- a listing --><s3:ListBucketResult xmlns:s3="http://s3.amazonaws.com/doc/2006-03-01/" a='>'><Name>bucket</Name><Empty/><Prefix a="/>"></Prefix>
        <Contents><Key>a&amp;b&lt;&#x1F600;&#228;<![CDATA[<x>]]></Key><Size>1</Size></Contents><Contents><Key>c</Key></Contents></s3:ListBucketResult>

        """

    func test_parse_listing_givesItsTexts() throws {
        let root = try XCTUnwrap(ServiceXML.parse(Array(Self.listing.utf8)))
        XCTAssertEqual(root.name, "ListBucketResult")
        XCTAssertEqual(root.text(of: "Name"), "bucket")
        XCTAssertEqual(root.text(of: "Prefix"), "")
        XCTAssertEqual(root.children.filter { $0.name == "Contents" }.map { $0.text(of: "Key") }, ["a&b<😀ä<x>", "c"])
        XCTAssertEqual(root.first("Size")?.text, "1")
    }

    func test_parse_whatIsNoSuchXML_isNil() {
        let deep = String(repeating: "<a>", count: 100_000) + String(repeating: "</a>", count: 100_000)
        for text in ["", " ", "<", "<>", "<a", "<a>", "<a></b>", "<a/>x", "<!DOCTYPE a><a/>", "<a>&b;</a>", "<a>&#xD800;</a>", "<a>&#99999999999;</a>", "<a>&#+65;</a>", "<a>&#x+41;</a>", "<a>&amp</a>", "<a b=\"></a>", deep] {
            XCTAssertNil(ServiceXML.parse(Array(text.utf8)), String(text.prefix(40)))
        }
        XCTAssertNil(ServiceXML.parse([0x3C, 0x61, 0x3E, 0xFF, 0x3C, 0x2F, 0x61, 0x3E]))
    }

    func test_parse_everyCutAndChange_endsWithoutATrap() {
        let bytes = Array(Self.listing.utf8)
        for end in bytes.indices { _ = ServiceXML.parse(Array(bytes[..<end])) }
        var random = SplitMix64(state: 3)
        for place in bytes.indices {
            for _ in 0..<4 {
                var changed = bytes
                changed[place] = [0x3C, 0x3E, 0x26, 0x2F, 0x22, 0x3B, 0, 0xFF].randomElement(using: &random) ?? 0
                _ = ServiceXML.parse(changed)
            }
        }
    }
}
