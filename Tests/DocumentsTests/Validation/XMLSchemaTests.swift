import Foundation
import XCTest

@testable import Documents

/// XSD through libxml2: imports among the type's own files, errors with their places, real schemas on real documents.
final class XMLSchemaTests: XCTestCase {
    private func type(_ xsd: String, each: String = "", files: [String: [UInt8]]) throws -> DocumentType {
        let json = #"{"name":"t","version":1,"format":"xml","match":{"/*":{"exists":true}},"xsd":\#(xsd),\#(each)"receipt_id":"//@id","issued_at":"//@at","accept_from":null}"#
        return try DocumentType(json: Array(json.utf8), files: files)
    }

    private func violations(_ type: DocumentType, _ xml: [UInt8]) throws -> [String] {
        let registry = TypeRegistry()
        try registry.put(type)
        let reading = try DocumentReader(registry: registry).readXML(xml, ReadingOptions(now: SampleFiles.now))
        return reading.receipts.flatMap { result -> [String] in
            guard case .refused(let problem, _, _) = result else { return [] }
            return problem.errors.filter { $0.code == "xsd" }.map(\.pointer)
        }
    }

    private let main = #"<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:o="urn:o" targetNamespace="urn:m" elementFormDefault="qualified"><xs:import namespace="urn:o" schemaLocation="http://example.org/deep/other.xsd"/><xs:include schemaLocation="../parts/part.xsd"/><xs:element name="m"><xs:complexType><xs:sequence><xs:element ref="o:n" maxOccurs="3"/></xs:sequence><xs:attribute name="id"/><xs:attribute name="at"/></xs:complexType></xs:element></xs:schema>"#
    private let other = #"<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:o"><xs:element name="n" type="xs:decimal"/></xs:schema>"#
    private let part = #"<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:m"/>"#

    private func files() -> [String: [UInt8]] {
        ["main.xsd": Array(main.utf8), "renamed.xsd": Array(other.utf8), "part.xsd": Array(part.utf8)]
    }

    func test_validate_importsByNamespaceAndName_findFaultsWithTheirPlaces() throws {
        let type = try type(#""main.xsd""#, files: files())
        let good = #"<m xmlns="urn:m" id="1" at="2020-01-01T00:00:00Z"><n xmlns="urn:o">1.5</n></m>"#
        XCTAssertEqual(try violations(type, Array(good.utf8)), [])
        let bad = #"<m xmlns="urn:m" xmlns:o="urn:o" id="1" at="2020-01-01T00:00:00Z"><o:n>1</o:n><o:n>x</o:n><o:p/></m>"#
        XCTAssertEqual(try violations(type, Array(bad.utf8)), ["/m/o:n[2]", "/m/o:p"])
    }

    func test_validate_at_checksTheElementWithinTheEnvelope() throws {
        let type = try type(#"{"file":"main.xsd","at":"/*/*"}"#, files: files())
        let envelope = #"<e><m xmlns="urn:m" id="1" at="2020-01-01T00:00:00Z"><n xmlns="urn:o">y</n></m></e>"#
        XCTAssertEqual(try violations(type, Array(envelope.utf8)), ["/e/m/n"])
    }

    func test_init_missingOrBrokenFiles_areRefusedWithTheirNames() throws {
        for (files, needle) in [
            (["main.xsd": Array(main.utf8), "part.xsd": Array(part.utf8)], "urn:o"), (["x.xsd": Array(part.utf8)], "main.xsd"),
            (["main.xsd": Array("<xs:schema".utf8)], "main.xsd"),
            (["main.xsd": Array(#"<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="a" type="nothing"/></xs:schema>"#.utf8)], "nothing"),
        ] {
            do {
                _ = try type(#""main.xsd""#, files: files)
                XCTFail("accepted without \(needle)")
            } catch let error as TypeFileError {
                XCTAssertTrue(error.reasons.contains { $0.message.contains(needle) && $0.pointer == "/xsd" }, "\(error.reasons)")
            }
        }
    }

    /// Files that lead to each other in a row would take a thread's whole stack, and references to thousands of files minutes.
    func test_init_manyFilesAndReferences_areBounded() throws {
        let head = #"<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">"#
        func refusal(_ files: [String: [UInt8]]) throws -> String {
            do {
                _ = try type(#""main.xsd""#, files: files)
                return ""
            } catch let error as TypeFileError {
                return error.reasons.map(\.message).joined(separator: "\n")
            }
        }
        func chain(_ count: Int) -> [String: [UInt8]] {
            var files = ["main.xsd": Array(#"\#(head)<xs:include schemaLocation="1.xsd"/><xs:element name="m"/></xs:schema>"#.utf8)]
            for number in 1..<count { files["\(number).xsd"] = Array(#"\#(head)<xs:include schemaLocation="\#(number + 1).xsd"/></xs:schema>"#.utf8) }
            files["\(count).xsd"] = Array(#"\#(head)</xs:schema>"#.utf8)
            return files
        }
        XCTAssertEqual(try refusal(chain(30)), "")
        let long = try refusal(chain(700))
        XCTAssertTrue(long.contains("at most 500 files"), long)
        let many = String(repeating: #"<xs:include schemaLocation="1.xsd"/>"#, count: 10_001)
        let often = try refusal(["main.xsd": Array(#"\#(head)\#(many)<xs:element name="m"/></xs:schema>"#.utf8), "1.xsd": Array(#"\#(head)</xs:schema>"#.utf8)])
        XCTAssertTrue(often.contains("at most 10000 times"), often)
        let lost = String(repeating: #"<xs:include schemaLocation="nowhere.xsd"/>"#, count: 5_000)
        XCTAssertEqual(try refusal(["main.xsd": Array("\(head)\(lost)</xs:schema>".utf8)]).split(separator: "\n").count, 100)
    }

    /// - Parameter entities: of the DOCTYPE.
    private func reasons(_ entities: String, _ facets: String, attributes: String = "", head: String = "") throws -> String {
        let schema = #"<!DOCTYPE xs:schema [\#(entities)]><xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"\#(attributes)>\#(head)<xs:element name="m" type="s"/><xs:simpleType name="s"><xs:restriction base="xs:string">\#(facets)</xs:restriction></xs:simpleType></xs:schema>"#
        do {
            _ = try type(#""main.xsd""#, files: ["main.xsd": Array(schema.utf8)])
            return ""
        } catch let error as TypeFileError {
            return error.reasons.map(\.message).joined(separator: "\n")
        }
    }

    /// Their documents are there: a store with one goes on.
    func test_typesThatWereTakenBefore_goOn() throws {
        let deep = (0..<130).reduce("") { inner, _ in "<xs:sequence>\(inner)</xs:sequence>" }
        for (entities, content) in [
            ("<!ENTITY t \"x\">", "<xs:annotation><xs:documentation>a &t; b</xs:documentation></xs:annotation>"), ("", "<xs:group name=\"g\">\(deep)</xs:group>"),
            ("<!ATTLIST xs:annotation id CDATA \"n\">", "<xs:annotation/>"),
        ] {
            let schema = #"<!DOCTYPE xs:schema [\#(entities)]><xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">\#(content)<xs:element name="m"/></xs:schema>"#
            XCTAssertThrowsError(try XMLSchema(main: "main.xsd", files: ["main.xsd": Array(schema.utf8)]), content)
            XCTAssertNoThrow(try XMLSchema(main: "main.xsd", files: ["main.xsd": Array(schema.utf8)], isKept: true), content)
        }
        let files = ["n.json": Array(#"{"required":"id"}"#.utf8)]
        XCTAssertThrowsError(try JSONSchema(Array(#"{"$ref":"n.json"}"#.utf8), files: files, assertsFormat: true))
        XCTAssertNoThrow(try JSONSchema(Array(#"{"$ref":"n.json"}"#.utf8), files: files, assertsFormat: true, isKept: true))
    }

    /// What only an entity says is looked at as what libxml2 compiles.
    func test_init_entities_hideNothing() throws {
        let pattern = #"<xs:pattern xmlns:xs='http://www.w3.org/2001/XMLSchema' value='(a|aa|aaa)*b'/>"#
        let between = try reasons(#"<!ENTITY p "\#(pattern)">"#, "&p;")
        XCTAssertTrue(between.contains("main.xsd") && between.contains("entities between its elements"), between)
        // As text, too, and in what is no more than a note: one rule for all.
        let text = try reasons(#"<!ENTITY t "x">"#, "", head: "<xs:annotation><xs:documentation>a &t; b</xs:documentation></xs:annotation>")
        XCTAssertTrue(text.contains("entities between its elements"), text)
        // The name of a namespace.
        let namespace = try reasons(#"<!ENTITY x "http://www.w3.org/2001/XMLSchema">"#, #"<y:pattern value="(a|aa|aaa)*b"/>"#, attributes: #" xmlns:y="&x;""#)
        XCTAssertTrue(namespace.contains("so many ways"), namespace)
        // A line feed of an entity is a space in an attribute, so that both ways are one.
        let blank = try reasons(#"<!ENTITY n "&#10;">"#, #"<xs:pattern value="(&n;| |a)*b"/>"#)
        XCTAssertTrue(blank.contains("so many ways"), blank)
    }

    func test_init_entitiesInAttributes_areWhatTheyStandFor_upToABound() throws {
        XCTAssertEqual(try reasons(#"<!ENTITY v "one"><!ENTITY w "&v;two">"#, #"<xs:enumeration value="&w;"/><xs:enumeration value="&lt;&#65;&amp;"/>"#), "")
        let schema = #"<!DOCTYPE xs:schema [<!ENTITY v "one">]><xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="m"><xs:complexType><xs:sequence><xs:element name="n" maxOccurs="2"><xs:simpleType><xs:restriction base="xs:string"><xs:enumeration value="&v;s"/></xs:restriction></xs:simpleType></xs:element></xs:sequence><xs:attribute name="id"/><xs:attribute name="at"/></xs:complexType></xs:element></xs:schema>"#
        let type = try type(#""main.xsd""#, files: ["main.xsd": Array(schema.utf8)])
        XCTAssertEqual(try violations(type, Array(#"<m id="1" at="2020-01-01T00:00:00Z"><n>ones</n><n>one</n></m>"#.utf8)), ["/m/n[2]"])
        // Eleven kilobytes that libxml2 by itself makes five megabytes of.
        let notes = String(repeating: #"<xs:annotation><xs:documentation source="\#(String(repeating: "&e;", count: 20))"/></xs:annotation>"#, count: 50)
        let long = try reasons("<!ENTITY e \"\(String(repeating: "x", count: 5_000))\">", "", head: notes)
        XCTAssertTrue(long.contains("main.xsd") && long.contains("more than 1048576 bytes"), long)
    }

    /// libxml2's compiler of schemas passes over an attribute that only the DOCTYPE has, and its look for an attribute by name does not.
    func test_init_attributesThatOnlyTheDOCTYPEHas_areRefused() throws {
        // As the schema of XML signatures has it: what is in the DOCTYPE is written out as well. What has no value there says nothing.
        let written = #"<!ATTLIST xs:schema xmlns:ds CDATA #FIXED "urn:ds" version CDATA "1.0"><!ATTLIST xs:element id ID #IMPLIED name CDATA #REQUIRED>"#
        XCTAssertEqual(try reasons(written, "", attributes: #" xmlns:ds="urn:ds" version="1.0""#), "")
        // A namespace is added as the file is read, whoever reads it.
        let facet = #"<y:enumeration value="a"/>"#
        XCTAssertEqual(try reasons(#"<!ATTLIST xs:schema xmlns:y CDATA #FIXED "http://www.w3.org/2001/XMLSchema">"#, facet), "")
        for (declaration, facets) in [
            (written, ""), (#"<!ATTLIST xs:element nillable CDATA "true">"#, ""), (#"<!ATTLIST xs:pattern value CDATA #FIXED "a*">"#, "<xs:pattern/>"),
            (#"<!ENTITY % p '<!ATTLIST xs:element nillable CDATA "true">'>%p;"#, ""),
        ] {
            let refusal = try reasons(declaration, facets)
            XCTAssertTrue(refusal.contains("main.xsd") && refusal.contains("(ATTLIST) that its elements lack"), "\(declaration): \(refusal)")
        }
    }

    /// Some kilobytes that libxml2 by itself makes megabytes of, and a search of each element.
    func test_init_valuesOfTheDOCTYPE_areBounded() throws {
        let notes = String(repeating: "<xs:annotation/>", count: 300)
        XCTAssertEqual(try reasons(#"<!ATTLIST xs:annotation xmlns:t CDATA "urn:t">"#, "", head: notes), "")
        let long = try reasons("<!ATTLIST xs:annotation xmlns:t CDATA \"urn:\(String(repeating: "t", count: 5_000))\">", "", head: notes)
        XCTAssertTrue(long.contains("main.xsd") && long.contains("more than 1048576 bytes"), long)
        func values(_ count: Int) throws -> String { try reasons("<!ATTLIST other \((0..<count).map { "a\($0) CDATA \"v\"" }.joined(separator: " "))>", "") }
        XCTAssertEqual(try values(100), "")
        let many = try values(101)
        XCTAssertTrue(many.contains("more than 100 attributes"), many)
    }

    func test_validate_ticketBAISchemas_acceptRealDocuments() throws {
        let folder = SampleFiles.shared.appendingPathComponent("schemas/es_ticketbai")
        var files: [String: [UInt8]] = [:]
        for file in try SampleFiles.files(in: folder) where file.pathExtension == "xsd" { files[file.lastPathComponent] = try SampleFiles.bytes(file) }
        let type = try type(#""ticketBaiV1-2.xsd""#, files: files)
        var validCount = 0
        for file in try SampleFiles.files(in: SampleFiles.shared.appendingPathComponent("samples/es_ticketbai")) where file.pathExtension == "xml" {
            if try violations(type, try SampleFiles.bytes(file)).isEmpty { validCount += 1 }
        }
        XCTAssertGreaterThan(validCount, 0)
    }

    func test_init_everySharedSchemaFolder_compiles() throws {
        let mains = [
            ("pl_ksef_fa2", "FA2.xsd"), ("pl_ksef_fa3", "schemat.xsd"), ("ua_prro", "check01.xsd"), ("ua_prro", "zrep01.xsd"),
            ("br_nfe/PL_010_V1.21", "procNFe_v4.00.xsd"), ("es_ticketbai", "ticketbaiv1-2-2.xsd"),
        ]
        for (folder, main) in mains {
            var files: [String: [UInt8]] = [:]
            for file in try SampleFiles.files(in: SampleFiles.shared.appendingPathComponent("schemas/" + folder)) where file.pathExtension == "xsd" {
                files[file.lastPathComponent] = try SampleFiles.bytes(file)
            }
            do throws(TypeFileError) {
                _ = try XMLSchema(main: main, files: files)
            } catch {
                // FA(2) imports a file that is not beside it.
                XCTAssertEqual(folder, "pl_ksef_fa2", "\(folder): \(error.reasons.map(\.message))")
            }
        }
    }
}
