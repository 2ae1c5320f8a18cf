import ColumnStore
import Query
import TestSupport
import XCTest

@testable import Documents

/// Goal: XPath in questions says what is wrong with a path or a text, reads whatever encoding a text declares, and ends within its bounds. Method: the function over texts of each kind;
/// what it selects is held against PostgreSQL elsewhere (`Tests/Reference/xpath_answers.py`).
final class XPathReaderTests: XCTestCase {
    private func ask(_ call: String, memory: Int = 64 << 20) throws -> [Value] {
        let engine = QueryEngine(.init(threadCount: 1, memoryByteCountMax: memory, queryMemoryByteCountMax: memory))
        var catalog = FixedCatalog([])
        catalog.xpath = XPathReader.shared
        let stream = try engine.execute(try engine.prepare("SELECT \(call)", in: QueryContext(catalog: catalog, now: 0)))
        var values: [Value] = []
        while let batch = try stream.next() { values += (0..<batch.rowCount).map { batch.columns[0].value(at: $0) } }
        return values
    }

    private func check(_ call: String, fails words: String, memory: Int = 64 << 20, line: UInt = #line) {
        XCTAssertThrowsError(try ask(call, memory: memory), call, line: line) { error in
            XCTAssertTrue((error as? QueryError)?.detail.contains(words) ?? false, "\(call): \(error)", line: line)
        }
    }

    private func texts(_ values: String...) -> [Value] { [.list(values.map { .string($0) })] }

    func test_textsAndNamespaces() throws {
        XCTAssertEqual(try ask("xpath('//a/text()', '<r><a>1</a><a>&lt;</a></r>')"), texts("1", "&lt;"))
        XCTAssertEqual(try ask("xpath('//p:a', '<r xmlns=\"urn:x\"><a/></r>', ARRAY[ARRAY['p', 'urn:x']])"), texts(#"<a xmlns="urn:x"/>"#))
        // As PostgreSQL has it: sections are nodes of their own.
        XCTAssertEqual(try ask("xpath('/a/text()', '<a>1<![CDATA[2]]></a>')"), texts("1", "<![CDATA[2]]>"))
        XCTAssertEqual(try ask("xpath_exists('//b', '<a/>')"), [.boolean(false)])
        XCTAssertEqual(try ask("xpath('//a', NULL)"), [.null])
        // Bytes in an encoding of their own, as documents come.
        XCTAssertEqual(try ask(#"xpath('/a/text()', decode('3c3f786d6c2076657273696f6e3d22312e302220656e636f64696e673d2277696e646f77732d31323531223f3e3c613ecae8bfe23c2f613e', 'hex'))"#), texts("Київ"))
    }

    func test_wrongPaths_andTextsThatAreNoXML_areTold() {
        check("xpath('//a[', '<a/>')", fails: "is not closed")
        check("xpath('', '<a/>')", fails: "an empty XPath")
        check("xpath('//p:a', '<a/>')", fails: "the prefix 'p' is not among the namespaces")
        check("xpath('//a', '<a/>', ARRAY[ARRAY['p']])", fails: "namespaces are pairs")
        check("xpath('//p:a', '<a/>', ARRAY[ARRAY['p', '']])", fails: "has no namespace")
        check("xpath('//a', '<a>')", fails: "not XML that can be read")
        check("xpath('//a', '{\"a\": 1}')", fails: "not XML that can be read")
        check("xpath('//a', '<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>')", fails: "DOCTYPE")
        check("xpath('//a', '<a/>', ARRAY[ARRAY['p', repeat('u', 5000)]])", fails: "more than 4096 bytes")
        check("xpath('//a')", fails: "takes 2 to 3 arguments")
        check("xpath('//a', 5)", fails: "xpath")
    }

    func test_hostileTexts_endWithinTheirBounds() {
        check("xpath('//a', repeat('<a>', 200) || repeat('</a>', 200))", fails: "nested deeper than 128")
        check("xpath('count(//a[count(preceding::*) > 1])', '<r>' || repeat('<a/>', 20000) || '</r>')", fails: "more work than a document")
        // Its tree alone takes more than there is.
        check("cardinality(xpath('//a', '<r>' || repeat('<a/>', 1000000) || '</r>'))", fails: "memory", memory: 32 << 20)
        check("cardinality(xpath('//node()', '<r>' || repeat('<a/>x', 3000000) || '</r>'))", fails: "more than", memory: 4 << 30)
    }

    /// None of these is counted by libxml2: without a charge each takes from seconds to hours.
    func test_productsOfSets_areChargedForBefore() throws {
        for (path, text) in [
            ("//r[a = b]", "<d><r>' || repeat('<a>x</a><b>y</b>', 40000) || '</r></d>"), ("//r[a < b]", "<d><r>' || repeat('<a>1</a><b>0</b>', 40000) || '</r></d>"),
            ("count(/r/a[count(b | c) > 3])", "<r><a>' || repeat('<b/><c/>', 40000) || '</a></r>"), ("count(/r/a/following-sibling::a)", "<r>' || repeat('<a/>', 8000) || '</r>"),
            ("count(/r/a/b/ancestor::a)", "<r>' || repeat('<a><b/></a>', 40000) || '</r>"), ("count(/r/a[not(@x)]//b[not(@x)])", "<r>' || repeat('<a><b/></a>', 40000) || '</r>"),
            ("count(/r/a/b[not(@x)]/..)", "<r>' || repeat('<a><b/></a>', 40000) || '</r>"), ("contains(/r/a, /r/b)", "<r><a>' || repeat('a', 400000) || '</a><b>' || repeat('a', 200000) || 'b</b></r>"),
            ("translate(/r/a, /r/b, \"\")", "<r><a>' || repeat('a', 400000) || '</a><b>' || repeat('b', 200000) || '</b></r>"),
        ] {
            check("xpath('\(path)', '\(text)')", fails: "more work than a document", memory: 1 << 30)
        }
    }

    /// What is made for each of many nodes is charged for as often.
    func test_textsMadeForEachNode_areChargedForBefore() throws {
        let many = "<r>' || repeat('<a/>', 40000) || '</r>", bytes = String(repeating: "a", count: 1_000), attributes = (1...900).map { "a\($0)=\"\"" }.joined(separator: " ")
        for (path, text) in [
            ("//a[string-length(string(/)) > 1]", many), ("count(//a[/r = \"x\"])", many), ("count(//a[/r != 1])", many), ("count(//a[../a > 1])", many), ("count(//a[contains(/, \"x\")])", many), ("count(//a[sum(/r/a) = 1])", many),
            ("count(//a[normalize-space(..) = \"x\"])", many), ("count(//a[-/r = 1])", many), ("count(//a[starts-with(/r, \"x\")])", many),
            ("string-length(concat(\(String(repeating: "/r, ", count: 200))/r))", "<r>' || repeat('x', 100000) || '</r>"),
            ("count(//a[translate(\"\(bytes)\", \"\(bytes)\", \"\") = \"x\"])", "<r>' || repeat('<a/>', 1000) || '</r>"),
            ("count(//x[/r/a = /r/b])", "<r>' || repeat('<a/><b>1</b><x/>', 300) || '</r>"), ("count(//x[count(/r/a | /r/b) > 1])", "<r>' || repeat('<a/><b/><x/>', 300) || '</r>"),
            ("count(//a[id(/r/t)])", "<r><t>' || repeat('a ', 8000) || '</t>' || repeat('<a/>', 5000) || '</r>"), ("count(//a[lang(\"en\")])", "<r \(attributes)>' || repeat('<a/>', 30000) || '</r>"),
            ("count(//a/namespace::*)", "<r xmlns:p=\"urn:' || repeat('u', 100000) || '\">' || repeat('<a/>', 4000) || '</r>"), ("count(//*[namespace-uri() = \"x\"])", "<r xmlns=\"urn:' || repeat('u', 100000) || '\">' || repeat('<a/>', 4000) || '</r>"),
            ("count(//x[/r/y])", "<r>' || repeat('<!---->', 20000) || repeat('<x/>', 5000) || '</r>"), ("/r/text()", "<r>' || repeat('x<!--y-->', 20000) || '</r>"), ("string(//comment())", "<r>' || repeat('x<!--y-->', 20000) || '</r>"),
            ("count(//text()/..)", "<r>' || repeat('<a>t</a>', 40000) || '</r>"), ("count(//a/text()/..)", "<r>' || repeat('<a>t</a>', 40000) || '</r>"),
            ("count(//text()/ancestor::a)", "<r>' || repeat('<a>t</a>', 40000) || '</r>"),
        ] {
            check("xpath('\(path)', '\(text)')", fails: "more work than a document", memory: 1 << 30)
        }
    }

    /// Of a hundred elements within each other a pattern of six has 75 million states.
    func test_pathsWithinPaths_ofElementsWithinEachOther_areAnswered() throws {
        XCTAssertEqual(try ask("xpath_exists('//a//a//a//a//a//a', repeat('<a>', 100) || repeat('</a>', 100))"), [.boolean(true)])
        XCTAssertEqual(try ask("xpath('count(//a//a//a)', repeat('<a>', 100) || repeat('</a>', 100))"), texts("98"))
    }

    /// Lines as receipts have them, and more.
    func test_siblingsAndDescendantsOfManyLines_areAnswered() throws {
        XCTAssertEqual(try ask("xpath('count(/d/x/following-sibling::y[1])', '<d>' || repeat('<x/><y/>', 2000) || '</d>')"), texts("2000"))
        XCTAssertEqual(try ask("xpath_exists('//l//c', '<d>' || repeat('<l><c/></l>', 20000) || '</d>')", memory: 1 << 30), [.boolean(true)])
        XCTAssertEqual(try ask("xpath_exists('/r/a/b/..', '<r>' || repeat('<a><b/></a>', 20000) || '</r>')", memory: 1 << 30), [.boolean(true)])
    }

    func test_pathsThatGoUpAtTheirEnd_findEachParentOnce() throws {
        let text = "<d><r n=\"1\"><a>1</a><b>2</b></r><r n=\"2\"><a>3</a><a>4</a></r></d>"
        for (path, wanted) in [
            ("//a/..", [#"<r n="1"><a>1</a><b>2</b></r>"#, #"<r n="2"><a>3</a><a>4</a></r>"#]), ("//a[. > 1]/..", [#"<r n="2"><a>3</a><a>4</a></r>"#]), ("//@n/..", [#"<r n="1"><a>1</a><b>2</b></r>"#, #"<r n="2"><a>3</a><a>4</a></r>"#]),
            ("/d/r/a/../..", [text]), ("/d/r/a/../../../..", []), ("//b/text()/..", ["<b>2</b>"]), ("//b/.. | //b", [#"<r n="1"><a>1</a><b>2</b></r>"#, "<b>2</b>"]),
        ] {
            XCTAssertEqual(try ask("xpath('\(path)', '\(text)')"), [.list(wanted.map { .string($0) })], path)
        }
    }

    func test_productsOfOrdinaryTexts_areAnswered() throws {
        let text = "<d><r n=\"1\"><a>1</a><b>2</b></r><r n=\"2\"><a>1</a><a>3</a><b>3</b></r></d>"
        for (path, wanted) in [
            ("//r[a = b]/@n", ["2"]), ("//r[a < b]/@n", ["1", "2"]), ("count(//a | //b)", ["5"]), ("count(/d/r/a/following-sibling::b)", ["2"]), ("count(/d/r/a/ancestor::r)", ["2"]), ("count(/d/r[@n]//a[. > 0])", ["3"]),
            ("count(/d/r/a/..)", ["2"]), ("contains(//r[2], //a)", ["true"]), ("translate(//a, //a, //b)", ["2"]), ("count(//r[a = ../r/b])", ["1"]),
            ("count(//r[string-length(string(/)) > 3])", ["2"]), ("count(//r[sum(/d/r/a) = 5])", ["2"]), ("count(//a[contains(concat(../@n, ../b), \"2\")])", ["3"]), ("string(//b/text())", ["2"]), ("count(//a[lang(\"en\")])", ["0"]),
            ("count(id(\"x\"))", ["0"]), ("count(//r/namespace::*)", ["2"]), ("count(//a/following-sibling::*[1])", ["3"]), ("count(//r[/d/r[a = 3]])", ["2"]),
        ] {
            XCTAssertEqual(try ask("xpath('\(path)', '\(text)')"), [.list(wanted.map { .string($0) })], path)
        }
        // libxml2 looks for elements of that name alone, and holds those against each other.
        XCTAssertEqual(try ask("xpath('count(/d/l[c > 0]//t)', '<d>' || repeat('<l><c>1</c><t>x</t></l>', 1000) || '</d>')"), texts("1000"))
        // A text of two hundred kilobytes, in which each line is held against the whole.
        let lines = (1...200).map { "<l><c>\($0)</c><t>\(String(repeating: "x", count: 900))</t></l>" }.joined()
        XCTAssertEqual(try ask("xpath('count(//l[c = ../../m/c])', '<d><s>\(lines)</s><m><c>7</c><c>9</c></m></d>')", memory: 1 << 30), texts("2"))
    }

    func test_withoutAReader_itSaysSo() {
        let engine = QueryEngine(.init(threadCount: 1))
        XCTAssertThrowsError(try engine.prepare("SELECT xpath('//a', '<a/>')", in: QueryContext(catalog: FixedCatalog([]), now: 0))) { error in
            XCTAssertTrue("\(error)".contains("not here"), "\(error)")
        }
    }
}
