import Foundation
import TestSupport
import XCTest

@testable import Documents

/// Encodings, hostile documents, canonical form; plain paths against libxml2's XPath.
final class XMLReaderTests: XCTestCase {
    private func fault(_ bytes: [UInt8]) -> DocumentError? {
        do throws(DocumentError) {
            let result = bytes.withUnsafeBytes { bytes -> Result<XMLDocument, DocumentError> in
                do throws(DocumentError) { return .success(try XMLReader.read(bytes)) } catch { return .failure(error) }
            }
            _ = try result.get()
            return nil
        } catch {
            return error
        }
    }

    private func fault(_ text: String) -> DocumentError? { fault(Array(text.utf8)) }

    private func document(_ bytes: [UInt8]) throws -> XMLDocument { try bytes.withUnsafeBytes { try XMLReader.read($0) } }

    private func texts(_ bytes: [UInt8], _ path: String, namespaces: [String: [String]] = [:]) throws -> [String] {
        let document = try document(bytes)
        let arena = Arena()
        let source = XMLSource(
            document: document, paths: [try XMLPath(path, namespaces: namespaces)], arena: arena,
            evaluator: XPathEvaluator(document: document, arena: arena))
        var found: [String] = []
        source.forEach(0, from: source.root) { node in
            found.append(source.text(node).string)
            return true
        }
        return found
    }

    func test_read_declaredEncodings_giveTheirText() throws {
        let encodings: [(String, String.Encoding)] = [
            ("windows-1251", .windowsCP1251), ("WINDOWS-1252", .windowsCP1252), ("utf-8", .utf8), ("iso-8859-1", .isoLatin1), ("iso-8859-2", .isoLatin2),
        ]
        for (name, encoding) in encodings {
            let word = name == "windows-1251" ? "Хліб «Ї»" : name.hasSuffix("2") && name.hasPrefix("iso") ? "Žluťoučký" : "Crème"
            let data = try XCTUnwrap("<?xml version=\"1.0\" encoding='\(name)'?><a>\(word)</a>".data(using: encoding))
            XCTAssertEqual(try texts(Array(data), "/a"), [word], name)
        }
        let koi: [UInt8] = Array("<?xml version=\"1.0\" encoding=\"koi8-u\"?><a>".utf8) + [0xA4, 0xC0] + Array("</a>".utf8)
        XCTAssertEqual(try texts(koi, "/a"), ["єю"])
        for (mark, encoding) in [([UInt8](arrayLiteral: 0xFF, 0xFE), String.Encoding.utf16LittleEndian), ([0xFE, 0xFF], .utf16BigEndian)] {
            let body = try XCTUnwrap("<?xml version=\"1.0\" encoding=\"utf-16\"?><a>Їжак😀</a>".data(using: encoding))
            XCTAssertEqual(try texts(mark + body, "/a"), ["Їжак😀"])
        }
        XCTAssertEqual(try texts([0xEF, 0xBB, 0xBF] + Array("<a>Ї</a>".utf8), "/a"), ["Ї"])
    }

    /// The beginning that nearly all documents have is told by a look, and what is nearly that is read all the same.
    func test_encoding_declarationsLikeTheUsualOne_areReadAsTheyStand() throws {
        func encoding(_ text: String) throws -> String { try Array(text.utf8).withUnsafeBytes { try XMLEncoding.encoding(of: $0).encoding } ?? "none" }
        for text in [
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><a/>", "<?xml version='1.0' encoding='uTf-8' standalone='yes'?><a/>", "<?xml version=\"1.0\" encoding='utf-8'?><a/>", "<?xml version=\"1.0\" encoding=\"utf8\"?><a/>", "<a/>",
        ] {
            XCTAssertEqual(try encoding(text), "none", text)
        }
        XCTAssertEqual(try encoding("<?xml version='1.0' encoding='windows-1251'?><a/>"), "CP1251")
        for text in ["utf-8'?><a b=\"\"/>", "utf-80\"?><a/>", "utf-16\"?><a/>", "utf_8\"?><a/>"] {
            XCTAssertThrowsError(try encoding("<?xml version=\"1.0\" encoding=\"" + text), text)
        }
    }

    func test_read_bytesThatContradictTheirEncoding_areBadEncoding() {
        let bom: [UInt8] = [0xEF, 0xBB, 0xBF]
        for bytes: [UInt8] in [
            bom + Array("<?xml version=\"1.0\" encoding=\"windows-1251\"?><a/>".utf8), Array("<?xml version=\"1.0\" encoding=\"klingon\"?><a/>".utf8),
            Array("<?xml version=\"1.0\" encoding=\"utf-16\"?><a/>".utf8), Array("<a>".utf8) + [0xFF] + Array("</a>".utf8), [0xFF, 0xFE, 0, 0],
            Array("<?xml version=\"1.0\" encoding=\"windows-1251\"?><a>".utf8) + [0x98] + Array("</a>".utf8), [0xFF, 0xFE, 0x3C],
        ] {
            XCTAssertEqual(fault(bytes)?.code, .badEncoding, String(decoding: bytes, as: UTF8.self))
        }
    }

    /// XPath 1.0, section 5.7: a text node holds as much text as it can, and CDATA is text.
    func test_read_sectionsOfCDATA_areTextLikeAnyOther() throws {
        XCTAssertEqual(try texts(Array("<t>12<![CDATA[.50]]></t>".utf8), "/t/text()"), ["12.50"])
        XCTAssertEqual(try texts(Array("<t><![CDATA[1]]>2<![CDATA[]]><![CDATA[3&]]></t>".utf8), "/t/text()"), ["123&"])
        XCTAssertEqual(try texts(Array("<t>a<![CDATA[b]]><!-- c --><![CDATA[d]]><u/><![CDATA[e]]>f</t>".utf8), "/t/text()"), ["ab", "d", "ef"])
        XCTAssertEqual(try texts(Array("<r><t><![CDATA[]]></t><t>x</t></r>".utf8), "count(//t/text())"), ["1"], "an empty one is no node")
        XCTAssertEqual(try texts(Array("<t><![CDATA[<a>]]></t>".utf8), "/t"), ["<a>"])
    }

    /// Of a conversion there are three at once: what came of it, libxml2's copy of that, and the texts of the tree.
    func test_readingByteCount_isOfWhatIsConverted() throws {
        let text = String(repeating: "<a>Київ і ще багато слів</a>", count: 10_000)
        let windows = Array(try XCTUnwrap("<?xml version=\"1.0\" encoding=\"windows-1251\"?><r>\(text)</r>".data(using: .windowsCP1251)))
        let plain = Array("<?xml version=\"1.0\" encoding=\"utf-8\"?><r>\(text)</r>".utf8)
        let tags = 20_002 * 128
        XCTAssertGreaterThanOrEqual(windows.withUnsafeBytes { XMLReader.readingByteCount($0) }, 3 * plain.count + tags)
        XCTAssertGreaterThanOrEqual(plain.withUnsafeBytes { XMLReader.readingByteCount($0) }, 2 * plain.count + tags)
        XCTAssertLessThan(plain.withUnsafeBytes { XMLReader.readingByteCount($0) }, 3 * plain.count + tags)
        XCTAssertEqual(plain.prefix(1_000).withUnsafeBytes { XMLReader.readingByteCount($0) }, 0)
    }

    func test_read_hostileDocuments_areRefused() {
        let bomb = "<!DOCTYPE a [<!ENTITY x \"ha\">" + (0..<20).map { "<!ENTITY x\($0 + 1) \"&x\($0 == 0 ? "" : "\($0)");&x\($0 == 0 ? "" : "\($0)");\">" }.joined() + "]><a>&x20;</a>"
        for text in [
            bomb, "<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>", "<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY e SYSTEM \"http://localhost/\">]><a>&e;</a>",
            "", " ", "<a", "<a></b>", "<a/><b/>", "<a>&nbsp;</a>", "<a b='1' b='2'/>", "text", "<a>\u{1}</a>", "<a>&#0;</a>", "<a xmlns:x='u'><y:b/></a>",
            "<a>]]></a>", "<a/>\u{0}", "<a/>\u{0}<b/>", "<a>\u{0}</a>", "\u{FEFF}\u{FEFF}<a/>", String(repeating: "<a>", count: 129) + String(repeating: "</a>", count: 129), "{\"json\":1}",
        ] {
            let error = fault(text)
            XCTAssertEqual(error?.code, .badXML, String(text.prefix(60)))
            XCTAssertFalse(error?.reason.isEmpty ?? true)
        }
        XCTAssertNil(fault(String(repeating: "<a>", count: 128) + String(repeating: "</a>", count: 128)))
        XCTAssertEqual(fault("<a>\n<b></a>")?.line, 2)
    }

    /// libxml2 says of most of them that they do not end, and of a text with references nothing at all: its tree ended there.
    func test_read_partsThatAreTooLong_areTooLarge() {
        func long(_ count: Int) -> String { String(repeating: "x", count: count) }
        let count = 10_100_000
        for (name, text) in [
            ("reference", "<t>\(long(6_000_000))&amp;\(long(6_000_000))</t>"), ("CDATA", "<t>\(long(6_000_000))<![CDATA[\(long(6_000_000))]]></t>"),
            ("section", "<t><![CDATA[\(long(13_500_000))]]></t>"), ("value", "<t a=\"\(long(count))\"/>"), ("comment", "<t><!--\(long(count))--></t>"),
            ("instruction", "<t><?x \(long(13_500_000))?></t>"), ("name", "<\(long(60_000))/>"), ("blanks in a tag", "<t\(String(repeating: " ", count: count))/>"),
        ] {
            XCTAssertEqual(fault(text)?.code, .tooLarge, name)
        }
        for (name, text) in [
            ("section", "<t><![CDATA[\(long(100))"), ("value", "<t a=\"\(long(100))"), ("comment", "<t><!--\(long(100))"), ("instruction", "<t><?x \(long(100))"),
            ("before a long text", "<t><![CDATA[\u{1}]]>\(long(count))</t>"),
        ] {
            XCTAssertEqual(fault(text)?.code, .badXML, name)
        }
    }

    /// Cut at each length and with bytes changed: an error or a tree, never a trap.
    func test_read_truncatedAndMutatedTexts_neverTrap() throws {
        let text = Array("<?xml version=\"1.0\" encoding=\"utf-8\"?><r xmlns:p=\"urn:p\" a=\"1\"><!-- c --><p:b><![CDATA[x<]]>&amp;</p:b><?pi x?></r>".utf8)
        for length in 0..<text.count { XCTAssertNotNil(fault(Array(text[..<length]))) }
        var random = SplitMix64(state: 0x1E57)
        for _ in 0..<5_000 {
            var mutated = text
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                mutated[Int.random(in: 0..<mutated.count, using: &random)] = Bool.random(using: &random)
                    ? UInt8.random(in: 0...255, using: &random) : Array("<>/&;\"=?![]:-".utf8).randomElement(using: &random) ?? 0
            }
            _ = fault(mutated)
        }
    }

    func test_canonicalForm_element_isExclusive() throws {
        let document = try document(Array("<e xmlns=\"urn:d\" xmlns:a=\"urn:a\" xmlns:b=\"urn:b\"><a:x  c='2' b=\"1\"><!-- gone --><y/>&#65;<![CDATA[<]]></a:x></e>".utf8))
        let arena = Arena()
        let source = XMLSource(
            document: document, paths: [try XMLPath("/*/*", namespaces: [:])], arena: arena, evaluator: XPathEvaluator(document: document, arena: arena))
        let canonical = try XCTUnwrap(document.canonicalForm(ofNode: source.first(0, from: source.root)))
        XCTAssertEqual(
            String(decoding: canonical, as: UTF8.self), "<a:x xmlns:a=\"urn:a\" b=\"1\" c=\"2\"><y xmlns=\"urn:d\"></y>A&lt;</a:x>")
    }

    func test_paths_plainOnesAndXPath_agree() throws {
        let text = "<r xmlns='urn:1' xmlns:q='urn:2' id='R'><l n='1'><v>a</v><q:v>b</q:v></l><l n='2'><v> c </v></l><g><l n='3'><v>d<w>e</w></v></l></g><x xmlns=''><v>f</v></x></r>"
        let namespaces = ["a": ["urn:1"], "b": ["urn:2"], "n": ["urn:1", "urn:2", ""]]
        let expected: [(String, [String])] = [
            ("/a:r/a:l/a:v", ["a", "c"]), ("/a:r/a:l/b:v", ["b"]), ("/a:r/a:l/n:v", ["a", "b", "c"]), ("//a:v", ["a", "c", "de"]), ("//n:v", ["a", "b", "c", "de", "f"]),
            ("/*/@id", ["R"]), ("//@n", ["1", "2", "3"]), ("/*[local-name()='r']/*[local-name()='x']/v", ["f"]), ("/r", []), ("//v", ["f"]),
            ("//*[local-name()='l']/*[local-name()='v']", ["a", "b", "c", "de"]), ("/a:r/a:l[@n='2']/a:v", ["c"]), ("count(//a:l)", ["3"]),
            ("concat(/a:r/@id, '-', /a:r/a:l/@n)", ["R-1"]), ("//a:w/../..", ["de"]), ("/a:r/*", ["ab", "c", "de", "f"]), (".//a:g//a:v", ["de"]), ("/a:r/a:l[2]/a:v | /a:r/@id", ["R", "c"]),
            ("//a:l[not(@n='1')]/n:*", ["c", "de"]), ("self::node()/a:r/./a:l/a:v", ["a", "c"]), ("a:l/a:v", ["a", "c"]), ("@id", ["R"]), ("a:r/@id", ["R"]), ("/a:r/a:l/a:v/text()", ["a", "c"]),
        ]
        for (path, wanted) in expected { XCTAssertEqual(try texts(Array(text.utf8), path, namespaces: namespaces), wanted, path) }
        for bad in ["a:", "/a:r[", "x:y", "$v", "/a:r/@", "a b", "", "/a:r/a:l[@n='1]", ".@id", "f(", "1 +", "f()", "sum(//v)", "count(//v", "//v]"] {
            XCTAssertThrowsError(try XMLPath(bad, namespaces: namespaces), bad)
        }
    }
}
