import Foundation
import XCTest

@testable import Documents

/// The public JSON-Schema-Test-Suite's required draft2020-12 tests, and what Till asks beyond them.
final class JSONSchemaTests: XCTestCase {
    private var suite: URL { SampleFiles.shared.appendingPathComponent("json-schema") }

    private func remotes() throws -> [String: [UInt8]] {
        let folder = suite.appendingPathComponent("remotes")
        let paths = try XCTUnwrap(FileManager.default.enumerator(atPath: folder.path)).compactMap { $0 as? String }
        var files: [String: [UInt8]] = [:]
        for path in paths where path.hasSuffix(".json") {
            files["http://localhost:1234/" + path] = try SampleFiles.bytes(folder.appendingPathComponent(path))
        }
        return files
    }

    func test_accepts_wholeTestSuite_agrees() throws {
        let files = try remotes()
        var count = 0
        for file in try SampleFiles.files(in: suite) where file.pathExtension == "json" {
            let document = try OwnedTape(try SampleFiles.bytes(file))
            let tape = document.tape
            func raw(_ node: Int) -> [UInt8] {
                let range = tape.range(of: node)
                return Array(UnsafeBufferPointer(start: tape.bytes + range.lowerBound, count: range.count))
            }
            for group in tape.children(of: 0) {
                let title = try tape.string(of: XCTUnwrap(tape.member("description", of: group)))
                let schema: JSONSchema
                do {
                    schema = try JSONSchema(raw(try XCTUnwrap(tape.member("schema", of: group))), files: files, assertsFormat: false)
                } catch let error as TypeFileError {
                    XCTFail("\(file.lastPathComponent): \(title): \(error.reasons)")
                    continue
                }
                for test in tape.children(of: try XCTUnwrap(tape.member("tests", of: group))) {
                    let wanted = tape[try XCTUnwrap(tape.member("valid", of: test))].kind == .true
                    let name = try tape.string(of: XCTUnwrap(tape.member("description", of: test)))
                    let verdict = try schema.accepts(raw(try XCTUnwrap(tape.member("data", of: test))))
                    XCTAssertEqual(verdict, wanted, "\(file.lastPathComponent): \(title): \(name)")
                    count += 1
                }
            }
        }
        XCTAssertGreaterThan(count, 500)
    }

    func test_metaschema_compilesAndAcceptsItself() throws {
        let metaschema = try XCTUnwrap(Metaschema.compiled)
        for (uri, text) in Metaschema.texts { XCTAssertTrue(try metaschema.accepts(Array(text.utf8)), uri) }
        XCTAssertFalse(try metaschema.accepts(Array(#"{"items": {"type": "strin"}}"#.utf8)))
    }

    private func violations(_ schema: String, _ instance: String) throws -> [String] {
        let schema = try JSONSchema(Array(schema.utf8), assertsFormat: true)
        var found: [String] = []
        try Array(instance.utf8).withUnsafeBytes { bytes in
            try JSONReader().read(bytes) { tape in
                schema.validate(tape, 0) { node, missing, code, _ in
                    found.append(tape.pointer(to: node) + (missing.map { "/" + String(decoding: $0, as: UTF8.self) } ?? "") + " " + code)
                }
            }
        }
        return found
    }

    func test_validate_manyFaults_areAllReportedWithTheirPlaces() throws {
        let schema = #"{"type":"object","required":["id","total"],"properties":{"id":{"type":"string","minLength":3},"lines":{"items":{"required":["qty"],"properties":{"qty":{"exclusiveMinimum":0,"multipleOf":0.001}}}}},"additionalProperties":false}"#
        XCTAssertEqual(
            Set(try violations(schema, #"{"id":"x","lines":[{"qty":0},{},{"qty":0.0005}],"a/b":1}"#)),
            ["/total required", "/id minLength", "/lines/0/qty exclusiveMinimum", "/lines/1/qty required", "/lines/2/qty multipleOf", "/a~1b additionalProperties"])
    }

    func test_validate_numbers_areExact() throws {
        let long = "0." + String(repeating: "3", count: 400)
        let cases: [(String, String, Bool)] = [
            (#"{"multipleOf":0.1}"#, "0.3", true), (#"{"multipleOf":0.01}"#, "1e400", true), (#"{"multipleOf":3}"#, "1e1000000000", false),
            (#"{"multipleOf":7}"#, "49e-1", false), (#"{"maximum":9007199254740992}"#, "9007199254740993", false),
            (#"{"exclusiveMinimum":\#(long)}"#, long + "1", true), (#"{"exclusiveMinimum":\#(long)}"#, long + "000", false),
            (#"{"const":1}"#, "1.0e0", true), (#"{"enum":[100]}"#, "1e2", true), (#"{"type":"integer"}"#, "1.50e1", true), (#"{"type":"integer"}"#, "1.5", false),
            (#"{"uniqueItems":true}"#, "[1,1.0]", false), (#"{"uniqueItems":true}"#, #"[{"a":1,"b":2},{"b":2,"a":1}]"#, false), (#"{"minimum":-0.0}"#, "0", true),
        ]
        for (schema, instance, isValid) in cases {
            XCTAssertEqual(try violations(schema, instance).isEmpty, isValid, "\(schema.prefix(40)) \(instance.prefix(40))")
        }
    }

    /// Elements are looked at in the order of their hashes, which are others in each process.
    func test_validate_manyRepeatedElements_namesTheFirst() throws {
        let items = (0..<200).map { "\($0),\($0)" }.joined(separator: ",")
        XCTAssertEqual(try violations(#"{"uniqueItems":true}"#, "[\(items)]"), ["/1 uniqueItems"])
    }

    func test_validate_formats_areAssertedWhereAsked() throws {
        let cases: [(String, [String], [String])] = [
            ("date", ["2024-02-29"], ["2023-02-29", "2024-2-29", "2024-02-29Z", "20240229"]),
            ("date-time", ["2024-01-01T00:00:00Z", "2024-01-01t23:59:60z", "2024-01-01T00:00:00.5+02:00"], ["2024-01-01 00:00:00Z", "2024-01-01T00:00:00", "2024-01-01T24:00:00Z", "2024-01-01T12:00:60Z"]),
            ("time", ["23:59:60Z", "00:29:60+00:30", "12:00:00.25-05:00"], ["12:00:00", "12:00Z", "25:00:00Z"]),
            ("email", ["a@b.cz", "\\\"a b\\\"@x.org", "x+y@[127.0.0.1]"], ["a", "@b", "a@", "a..b@c.d", ".a@b.c", "a@-b.c"]),
            ("email", ["a@[IPv6:1:2::3]", "a@[IPv6:::1]"], ["a@[IPv6:::::]", "a@[IPv6:1:::2]", "a@[IPv6::1::2]", "a@[IPv6:1::2:]"]),
            ("uri", ["http://a/b?c#d", "urn:isbn:1", "http://[::1]:80/"], ["//a/b", "a b:c", "http://a b", "http://[::1", "\\\\\\\\x", "a%zz:b"]),
            ("uri", ["http://[1::]/", "http://[::]/", "http://u%41@h%c3/"], ["http://[:::]/", "http://[1:::2]/", "http://[:1::2]/", "http://h%/", "http://u%4@h/", "http://u%zz@h/"]),
            ("uuid", ["2EB8AA08-AA98-11EA-B4AA-73B441D16380"], ["2eb8aa08aa9811eab4aa73b441d16380", "2eb8aa08-aa98-11ea-b4aa-73b441d1638"]),
        ]
        for (format, good, bad) in cases {
            for text in good { XCTAssertEqual(try violations("{\"format\":\"\(format)\"}", "\"\(text)\""), [], "\(format) \(text)") }
            for text in bad { XCTAssertEqual(try violations("{\"format\":\"\(format)\"}", "\"\(text)\""), [" format"], "\(format) \(text)") }
        }
    }

    func test_init_signBehindPercent_isNoEscape() throws {
        XCTAssertEqual(try violations(##"{"$ref":"#/$defs/a%+fb","$defs":{"a%+fb":{"type":"integer"}}}"##, "1"), [])
        XCTAssertEqual(try violations(##"{"$ref":"#/$defs/a%41b","$defs":{"aAb":{"type":"integer"}}}"##, "\"x\""), [" type"])
    }

    func test_init_endlessChainOfReferences_isRefused() {
        let chain = (0..<5_000).map { "\"d\($0)\":{\"$ref\":\"#/$defs/d\($0 + 1)\"}" }.joined(separator: ",")
        XCTAssertThrowsError(try JSONSchema(Array("{\"$ref\":\"#/$defs/d0\",\"$defs\":{\(chain),\"d5000\":true}}".utf8), assertsFormat: true))
    }

    /// A schema whose work doubles at each level ends, with a reason.
    func test_validate_workThatMultiplies_ends() throws {
        let levels = (0..<40).map { "\"d\($0)\":{\"anyOf\":[{\"allOf\":[{\"$ref\":\"#/$defs/d\($0 + 1)\"}]},{\"$ref\":\"#/$defs/d\($0 + 1)\"}]}" }.joined(separator: ",")
        let schema = "{\"$ref\":\"#/$defs/d0\",\"$defs\":{\(levels),\"d40\":false}}"
        XCTAssertTrue(try violations(schema, "1").contains(" schema-too-deep"))
    }

    /// A name is validated within the same resources as its object: the outermost dynamic anchor counts.
    func test_validate_propertyNames_keepTheDynamicScope() throws {
        let schema = ##"{"$id":"https://x/r","$ref":"base","$defs":{"mine":{"$dynamicAnchor":"n","pattern":"^a"},"b":{"$id":"base","propertyNames":{"$dynamicRef":"#n"},"$defs":{"d":{"$dynamicAnchor":"n"}}}}}"##
        XCTAssertEqual(try violations(schema, #"{"b":1}"#), ["/b propertyNames"])
        XCTAssertEqual(try violations(schema, #"{"a":1}"#), [])
        // By itself the base asks for nothing.
        XCTAssertEqual(try violations(##"{"$id":"https://x/base","propertyNames":{"$dynamicRef":"#n"},"$defs":{"d":{"$dynamicAnchor":"n"}}}"##, #"{"b":1}"#), [])
    }

    private func reasons(_ schema: String, _ files: [String: String]) -> [Fault.Violation] {
        do throws(TypeFileError) {
            _ = try JSONSchema(Array(schema.utf8), files: files.mapValues { Array($0.utf8) }, assertsFormat: true)
            return []
        } catch {
            return error.reasons
        }
    }

    func test_init_malformedKeywordsOfFiles_areRefusedNamingTheFile() {
        for (file, place) in [
            (#"{"minimum":"5"}"#, "/minimum"), (#"{"required":"id"}"#, "/required"), (#"{"minimum":0,"exclusiveMinimum":true}"#, "/exclusiveMinimum"),
            (#"{"properties":{"a":{"enum":5}}}"#, "/properties/a/enum"), (#"{"$id":"https://x/y","uniqueItems":1}"#, "/uniqueItems"), (#"{"minLength":-1}"#, "/minLength"),
        ] {
            for schema in [#"{"$ref":"other.json"}"#, #"{"properties":{"x":{"items":{"$dynamicRef":"other.json"}}}}"#] {
                let found = reasons(schema, ["other.json": file, "unused.json": #"{"minimum":"5"}"#])
                XCTAssertEqual(found.count, 1, "\(file): \(found)")
                XCTAssertEqual(found.first?.pointer, "", file)
                XCTAssertTrue(found.first?.message.contains("other.json#\(place): ") ?? false, "\(found)")
            }
        }
        // One that leads to another.
        let chain = reasons(#"{"$ref":"a.json"}"#, ["a.json": #"{"$ref":"b.json"}"#, "b.json": #"{"type":"objekt"}"#])
        XCTAssertTrue(chain.contains { $0.message.contains("b.json#/type: a type is array, boolean") }, "\(chain)")
    }

    /// No schema by their keywords, they become one by being referred to.
    func test_init_malformedKeywordsUnderUnknownOnes_areRefused() {
        let api = #"{"components":{"A":{"minimum":5,"not":{"const":7}},"B":{"not":{"minimum":"5"}}}}"#
        XCTAssertEqual(reasons(##"{"$ref":"api.json#/components/A"}"##, ["api.json": api]).count, 0)
        let found = reasons(##"{"$ref":"api.json#/components/B"}"##, ["api.json": api])
        XCTAssertTrue(found.contains { $0.message.contains("api.json#/components/B/not/minimum: ") }, "\(found)")
        XCTAssertEqual(reasons(##"{"$ref":"#/mine/b","mine":{"b":{"required":"id"}}}"##, [:]).map(\.pointer), ["/mine/b/required"])
        // A file need be no schema as a whole.
        XCTAssertEqual(reasons(##"{"$ref":"list.json#/1"}"##, ["list.json": #"[7,{"minimum":5}]"#]).count, 0)
    }

    /// Each place that a reference leads to is looked at as a whole, and these hold one another.
    func test_init_referencesToPlacesWithinEachOther_areRefusedForTheirSteps() {
        let depth = 60
        let wide = (0..<4_000).map { "\"d\($0)\":{}" }.joined(separator: ",")
        let file = String(repeating: #"{"not":"#, count: depth) + "{\"$defs\":{\(wide)}}" + String(repeating: "}", count: depth)
        // From the innermost out: none stands in one that was looked at.
        let references = (1...depth).reversed().map { "{\"$ref\":\"nested.json#\(String(repeating: "/not", count: $0))\"}" }.joined(separator: ",")
        let found = reasons("{\"allOf\":[\(references)]}", ["nested.json": file])
        XCTAssertEqual(found.count, 1, "\(found)")
        XCTAssertTrue(found.first?.message.contains("nested.json#/not/not") ?? false, "\(found)")
        XCTAssertTrue(found.first?.message.contains("the type's schemas take too many steps to look at") ?? false, "\(found)")
    }

    /// What all files have is allowed for, and not what the root alone has.
    func test_init_manySeparatePartsOfManyFiles_areTaken() {
        let inner = (0..<500).map { "\"d\($0)\":{}" }.joined(separator: ",")
        let parts = (0..<10).map { "\"p\($0)\":{\"$defs\":{\(inner)}}" }.joined(separator: ",")
        let names = (0..<20).map { "f\($0).json" }
        let references = names.flatMap { name in (0..<10).map { "{\"$ref\":\"\(name)#/$defs/p\($0)\"}" } }.joined(separator: ",")
        let files = Dictionary(uniqueKeysWithValues: names.map { ($0, "{\"$defs\":{\(parts)}}") })
        XCTAssertEqual(reasons("{\"allOf\":[\(references)]}", files).count, 0)
    }

    /// A metaschema of its own may allow other things.
    func test_init_filesOfAnotherMetaschema_areTakenAsTheyAre() {
        let files = ["other.json": #"{"$schema":"https://x/meta","minimum":"5"}"#, "https://x/meta": #"{"$id":"https://x/meta","$schema":"https://x/meta"}"#]
        XCTAssertEqual(reasons(#"{"$ref":"other.json"}"#, files).count, 0)
    }

    func test_init_badSchemas_areRefusedWithReasons() {
        for schema in [
            ##"{"type":"strin"}"##, ##"{"$ref":"#/nowhere"}"##, ##"{"$ref":"other.json"}"##, ##"{"pattern":"(?=a)"}"##, ##"{"minLength":-1}"##, ##"{"multipleOf":0}"##,
            ##"{"$ref":"#"}"##, ##"{"allOf":[{"$ref":"#/allOf/0"}]}"##, "3", ##"{"required":"a"}"##, ##"{"$schema":"http://json-schema.org/draft-07/schema#"}"##,
            ##"{"properties":{"a":7}}"##, ##"{"$defs":{"a":{"$id":"x"},"b":{"$id":"x"}}}"##,
        ] {
            XCTAssertThrowsError(try JSONSchema(Array(schema.utf8), assertsFormat: true), schema)
        }
        XCTAssertThrowsError(try JSONSchema(Array(#"{"properties":{"a":{"type":"objekt"}}}"#.utf8), assertsFormat: true)) { error in
            let reason = (error as? TypeFileError)?.reasons.first
            XCTAssertEqual(reason?.pointer, "/properties/a/type")
            XCTAssertEqual(reason?.message, "a type is array, boolean, integer, null, number, object or string, or a list of them")
        }
    }
}
