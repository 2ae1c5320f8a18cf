import Foundation
import TestSupport
import XCTest

@testable import Server

/// Goal: what a command puts is what its file says. Method: files of other encodings, and of none.
final class TextFilesTests: XCTestCase {
    private var directory: TemporaryDirectory?
    private var folder = ""

    override func setUpWithError() throws {
        let made = try TemporaryDirectory()
        (directory, folder) = (made, made.path)
    }

    private func file(_ name: String, _ bytes: [UInt8]) throws -> String {
        let path = "\(folder)/\(name)"
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        return path
    }

    /// What a command says before it looks for a store.
    private func refusal(_ command: any Command.Type, _ words: [String]) -> String {
        do {
            _ = try command.run(try Arguments(words + ["--data", "\(folder)/nowhere"], options: command.options))
            return ""
        } catch { return "\(error)" }
    }

    // MARK: XSD files

    private static let schema = #"<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="café"/></xs:schema>"#

    private func text(_ declaration: String, _ encoding: String.Encoding) throws -> String {
        let bytes = Array(try XCTUnwrap((declaration + Self.schema).data(using: encoding)))
        return try XSDFileText.text(bytes, named: "a.xsd")
    }

    func test_schemaText_isInTheEncodingThatItDeclares() throws {
        let latin = #"<?xml version="1.0" encoding='ISO-8859-1'?>"#
        XCTAssertEqual(try text(latin, .isoLatin1), latin + Self.schema)
        let windows = #"<?xml version="1.0" encoding = "windows-1252" standalone="yes"?>"#
        XCTAssertEqual(try text(windows, .windowsCP1252), windows + Self.schema)
        let wide = #"<?xml version="1.0" encoding="UTF-16"?>"#
        // With a mark in front, and without.
        XCTAssertEqual(try text(wide, .utf16), wide + Self.schema)
        let bigEndian = try XCTUnwrap((wide + Self.schema).data(using: .utf16BigEndian))
        XCTAssertEqual(try XSDFileText.text([0xFE, 0xFF] + Array(bigEndian), named: "a.xsd"), wide + Self.schema)
        XCTAssertEqual(try XSDFileText.text(Array(bigEndian), named: "a.xsd"), wide + Self.schema)
        XCTAssertEqual(try text("", .utf8), Self.schema)
        // As `till type check` has it: what is UTF-8 is that, whatever it declares.
        XCTAssertEqual(try text(latin, .utf8), latin + Self.schema)
    }

    func test_schemaText_ofNoEncoding_isRefused() throws {
        for declaration in ["", #"<?xml version="1.0" encoding="UTF-8"?>"#, #"<?xml version="1.0"?>"#, #"<?xml version="1.0" encoding="klingon"?>"#, #"<?xml version="1.0" encoding="US-ASCII"?>"#, "<?xml encoding="] {
            XCTAssertThrowsError(try text(declaration, .isoLatin1), declaration) { XCTAssertTrue("\($0)".hasPrefix("a.xsd: these bytes are neither UTF-8"), "\($0)") }
        }
    }

    func test_typePut_schemaOfNoEncoding_isRefused() throws {
        let type = try file("type.json", Array(#"{"name":"t","xsd":"a.xsd"}"#.utf8))
        _ = try file("a.xsd", Array(try XCTUnwrap(Self.schema.data(using: .isoLatin1))))
        XCTAssertTrue(refusal(TypePutCommand.self, [type]).hasPrefix("a.xsd: these bytes are neither UTF-8"), refusal(TypePutCommand.self, [type]))
    }

    // MARK: Statements and secrets

    func test_viewPut_ofAnotherEncoding_isRefused_byItsLine() throws {
        let path = try file("v.sql", Array("SELECT\n'caf".utf8) + [0xE9] + Array("'".utf8))
        XCTAssertTrue(refusal(ViewPutCommand.self, ["v", path]).hasPrefix("\(path):2: these bytes are no UTF-8"), refusal(ViewPutCommand.self, ["v", path]))
    }

    func test_topicSubscribe_secretOfAnotherEncoding_isRefused() throws {
        func body(_ secret: [UInt8]) throws -> String {
            let words = ["t", "s", "--webhook", "https://hooks.example/", "--secret-file", try file("secret", secret)]
            return String(decoding: try TopicSubscribeCommand.call(try Arguments(words, options: TopicSubscribeCommand.options)).body, as: UTF8.self)
        }
        XCTAssertTrue(try body(Array("caf\u{E9}-and-more\n".utf8)).contains("-and-more\""))
        XCTAssertThrowsError(try body(Array("caf".utf8) + [0xE9, 0x0A])) { XCTAssertTrue("\($0)".contains("a secret is a text in UTF-8"), "\($0)") }
    }
}
