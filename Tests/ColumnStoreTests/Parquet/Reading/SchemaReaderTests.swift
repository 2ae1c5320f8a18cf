@testable import ColumnStore
import Foundation
import TestSupport
import XCTest

/// Goal: lists and maps of every writer are recognised. Method: the examples of LogicalTypes.md as schemas, and files whose footers
/// are rewritten to the layouts of old writers, which have the same levels.
final class SchemaReaderTests: XCTestCase {
    private func group(
        _ name: String, _ repetition: FieldRepetition, _ count: Int32, _ converted: ConvertedType? = nil, _ logical: LogicalType? = nil
    ) -> SchemaElement {
        SchemaElement(
            name: name, repetition: repetition, childCount: count, convertedType: converted, logicalType: logical)
    }

    private func leaf(_ name: String, _ repetition: FieldRepetition, _ type: PhysicalType = .int32) -> SchemaElement {
        SchemaElement(name: name, type: type, repetition: repetition)
    }

    /// The type of the first column in short: i for INTEGER, b for BLOB, [ ] for lists, { } for structs, ? for what may be NULL.
    private func shape(_ elements: [SchemaElement]) throws -> String {
        let (columns, _) = try SchemaReader.read([SchemaElement(name: "root", childCount: 1)] + elements)
        return Self.shape(columns[0].field)
    }

    private static func shape(_ field: Field) -> String {
        let text: String =
            switch field.type {
            case .int32: "i"
            case .binary: "b"
            case .string: "s"
            case .list(let element): "[" + shape(element) + "]"
            case .structure(let members): "{" + members.map { $0.name + ":" + shape($0) }.joined(separator: ",") + "}"
            default: "\(field.type)"
            }
        return text + (field.isRequired ? "" : "?")
    }

    func test_lists_ofEveryLayout() throws {
        // Three levels, as the format asks.
        XCTAssertEqual(
            try shape([group("l", .optional, 1, .list, .list), group("list", .repeated, 1), leaf("element", .optional)]), "[i?]?")
        XCTAssertEqual(
            try shape([group("l", .required, 1, .list), group("bag", .repeated, 1), leaf("array_element", .required)]), "[i]")
        // Rule 1: the repeated field is a leaf, and so the element.
        XCTAssertEqual(try shape([group("l", .optional, 1, .list), leaf("element", .repeated)]), "[i]?")
        // Rule 2: a repeated group of several fields is the element.
        XCTAssertEqual(
            try shape([group("l", .optional, 1, .list), group("element", .repeated, 2), leaf("a", .required), leaf("n", .optional)]),
            "[{a:i,n:i?}]?")
        // Rule 3: a repeated group around a repeated field is the element.
        XCTAssertEqual(
            try shape([group("l", .optional, 1, .list), group("list", .repeated, 1), leaf("inner", .repeated)]), "[{inner:[i]}]?")
        // Rule 4: by name.
        XCTAssertEqual(
            try shape([group("l", .optional, 1, .list), group("array", .repeated, 1), leaf("str", .required)]), "[{str:i}]?")
        XCTAssertEqual(
            try shape([group("l", .optional, 1, .list), group("l_tuple", .repeated, 1), leaf("str", .required)]), "[{str:i}]?")
        // A repeated field without annotation.
        XCTAssertEqual(try shape([leaf("l", .repeated)]), "[i]")
        XCTAssertEqual(try shape([group("l", .repeated, 1), leaf("a", .optional)]), "[{a:i?}]")
        // A list of lists.
        XCTAssertEqual(
            try shape([
                group("l", .optional, 1, .list), group("list", .repeated, 1), group("element", .optional, 1, .list),
                group("list", .repeated, 1), leaf("element", .optional),
            ]), "[[i?]?]?")
    }

    func test_maps_ofEveryLayout() throws {
        for annotation in [ConvertedType.map, .mapKeyValue] {
            XCTAssertEqual(
                try shape([
                    group("m", .optional, 1, annotation), group("map", .repeated, 2, .mapKeyValue), leaf("key", .required),
                    leaf("value", .optional),
                ]), "[{key:i,value:i?}]?")
        }
        XCTAssertEqual(
            try shape([group("m", .required, 1, nil, .map), group("key_value", .repeated, 1), leaf("key", .required)]), "[{key:i}]")
    }

    func test_impossibleSchemas_areRefused() {
        let bad: [[SchemaElement]] = [
            [], [leaf("x", .required)], [SchemaElement(name: "root", childCount: 2), leaf("a", .required)],
            [SchemaElement(name: "root", childCount: 1), leaf("a", .required), leaf("b", .required)],
            [SchemaElement(name: "root", childCount: 1), group("g", .required, 0)],
            [SchemaElement(name: "root", childCount: -1)], [SchemaElement(name: "root", childCount: Int32.max)],
            [SchemaElement(name: "root", childCount: 1), SchemaElement(name: "f", type: .fixedLenByteArray, repetition: .required)],
            [SchemaElement(name: "root", childCount: 1)]
                + (0..<100).map { group("g\($0)", .optional, 1) } + [leaf("x", .optional)],
        ]
        for elements in bad { XCTAssertThrowsError(try SchemaReader.read(elements), "\(elements.count) elements") }
    }

    /// `required-elements.parquet` has three levels with required elements; two levels have the same pages.
    func test_oldLayouts_giveTheSameValues() throws {
        let directory = try TemporaryDirectory()
        let result = try PythonReader.run(
            "ColumnStoreTests/Readers/dump_parquet.py", ["generate", directory.path, "required-elements"])
        XCTAssertEqual(result.exitCode, 0, result.output)
        let path = "\(directory.path)/required-elements.parquet"
        let original = try ParquetDump.open(path)
        var metadata = original.metadata
        // The wrapper groups become the elements: `list { element X }` to `element X` repeated.
        var schema: [SchemaElement] = []
        var wrappers = 0
        for element in metadata.schema {
            if element.name == "list", element.repetition == .repeated {
                wrappers += 1
                continue
            }
            var changed = element
            if element.name == "element" {
                changed.repetition = .repeated
                // A struct of one member counts as the element by this name only.
                changed.name = "array"
            }
            schema.append(changed)
        }
        XCTAssertEqual(wrappers, 3)
        metadata.schema = schema
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        let footerLength = bytes.suffix(8).prefix(4).enumerated().reduce(0) { $0 + Int($1.element) << ($1.offset * 8) }
        let footer = metadata.serialized()
        var rewritten = Array(bytes[..<(bytes.count - 8 - footerLength)]) + footer
        for shift in [0, 8, 16, 24] { rewritten.append(UInt8(truncatingIfNeeded: footer.count >> shift)) }
        rewritten += Array("PAR1".utf8)
        let old = try ParquetFile(MemoryBytes(rewritten, name: "old"))
        XCTAssertNil(ParquetDump.difference(try ParquetDump.text(of: old), try ParquetDump.text(of: original)))
    }
}
