import XCTest

@testable import Documents

/// Goal: references of schemas lead where RFC 3986 has them lead. Method: the RFC's own examples (section 5.4), both tables, and every escape of a byte of ASCII.
final class URIReferenceTests: XCTestCase {
    func test_resolve_ofTheRFCsExamples_isTheirTarget() {
        let examples = [
            "g:h": "g:h", "g": "http://a/b/c/g", "./g": "http://a/b/c/g", "g/": "http://a/b/c/g/", "/g": "http://a/g", "//g": "http://g", "?y": "http://a/b/c/d;p?y", "g?y": "http://a/b/c/g?y",
            ";x": "http://a/b/c/;x", "g;x": "http://a/b/c/g;x", "g;x?y": "http://a/b/c/g;x?y", "": "http://a/b/c/d;p?q", ".": "http://a/b/c/", "./": "http://a/b/c/", "..": "http://a/b/",
            "../": "http://a/b/", "../g": "http://a/b/g", "../..": "http://a/", "../../": "http://a/", "../../g": "http://a/g", "../../../g": "http://a/g", "../../../../g": "http://a/g",
            "/./g": "http://a/g", "/../g": "http://a/g", "g.": "http://a/b/c/g.", ".g": "http://a/b/c/.g", "g..": "http://a/b/c/g..", "..g": "http://a/b/c/..g", "./../g": "http://a/b/g",
            "./g/.": "http://a/b/c/g/", "g/./h": "http://a/b/c/g/h", "g/../h": "http://a/b/c/h", "g;x=1/./y": "http://a/b/c/g;x=1/y", "g;x=1/../y": "http://a/b/c/y", "g?y/./x": "http://a/b/c/g?y/./x",
            "g?y/../x": "http://a/b/c/g?y/../x", "http:g": "http:g",
        ]
        for (reference, target) in examples { XCTAssertEqual(URIReference.resolve(reference, against: "http://a/b/c/d;p?q"), target, reference) }
        XCTAssertEqual(URIReference.resolve("g", against: "http://a"), "http://a/g", "a host without a path has its root")
        XCTAssertEqual(URIReference.resolve("b.json", against: "till://schema/a/schema.json"), "till://schema/a/b.json")
    }

    func test_split_isAtTheFirstMark() {
        for (uri, parts) in ["": ("", nil), "a": ("a", nil), "#": ("", ""), "a#": ("a", ""), "#b": ("", "b"), "a#b#c": ("a", "b#c")] as [String: (String, String?)] {
            let found = URIReference.split(uri)
            XCTAssertEqual(found.uri, parts.0, uri)
            XCTAssertEqual(found.fragment, parts.1, uri)
        }
    }

    func test_percentDecoded_ofEveryByteOfASCII_isTheByte_andWhatIsNoEscapeStays() {
        for byte in UInt8(0)..<128 {
            let digits = String(byte, radix: 16)
            let escape = "%" + (digits.count == 1 ? "0" : "") + digits
            let wanted = "a" + String(Character(Unicode.Scalar(byte))) + "b"
            XCTAssertEqual(Array(URIReference.percentDecoded("a\(escape)b").unicodeScalars), Array(wanted.unicodeScalars), escape)
            XCTAssertEqual(Array(URIReference.percentDecoded("a\(escape.uppercased())b").unicodeScalars), Array(wanted.unicodeScalars), escape)
        }
        XCTAssertEqual(URIReference.percentDecoded("%C3%A9"), "é")
        for text in ["", "a", "%", "%4", "a%", "%g1", "%1g", "%+1", "%-1", "% 1", "%%"] { XCTAssertEqual(URIReference.percentDecoded(text), text) }
        XCTAssertEqual(URIReference.percentDecoded("%%41"), "%A")
    }
}
