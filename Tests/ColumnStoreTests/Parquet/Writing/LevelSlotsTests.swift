@testable import ColumnStore
import XCTest

private extension LeafDescriptor {
    static func ofLevels(repetition: Int, definition: Int) -> LeafDescriptor {
        LeafDescriptor(
            index: 0, path: "a", element: SchemaElement(name: "a", type: .int32), physicalType: .int32, greatestDefinitionLevel: definition,
            elementLevels: (0..<repetition).map { UInt8(2 + $0) })
    }
}

/// Levels of every small column of lists: written by `LevelSlots`, read by `ListShaping`, the same lists again.
final class LevelSlotsTests: XCTestCase {
    /// NULL, or elements that are NULL or not.
    private typealias List = [Bool]?

    private static let lists: [List] = [nil, [], [true], [false], [true, false], [false, true, true]]

    private static func columns(_ rowCount: Int) -> [[List]] {
        rowCount == 0 ? [[]] : columns(rowCount - 1).flatMap { column in lists.map { column + [$0] } }
    }

    private static func bitmap(_ bits: [Bool]) -> Bitmap {
        var bitmap = Bitmap()
        for bit in bits { bitmap.append(bit) }
        return bitmap
    }

    func test_optionalListsOfOptionalElements_comeBack() throws {
        for column in (0...3).flatMap(Self.columns) {
            var offsets: [Int32] = [0]
            for list in column { offsets.append(offsets[offsets.count - 1] + Int32(list?.count ?? 0)) }
            let elements = column.flatMap { $0 ?? [] }
            let top = LevelSlots(rowCount: column.count).throughOptional(Self.bitmap(column.map { $0 != nil }))
            let slots = top.intoList(offsets: offsets, elementCount: elements.count, repetition: 1).throughOptional(Self.bitmap(elements))
            let levels = slots.definitionLevels ?? [UInt8](repeating: slots.definition, count: slots.count)
            // 0: NULL, 1: empty, 2: a NULL element, 3: a value.
            let expected = column.flatMap { list -> [UInt8] in
                guard let list else { return [0] }
                return list.isEmpty ? [1] : list.map { $0 ? 3 : 2 }
            }
            XCTAssertEqual(levels, expected, "\(column)")
            XCTAssertEqual(slots.rows?.map { Int($0) } ?? Array(elements.indices), elements.indices.filter { elements[$0] })
            XCTAssertEqual(slots.definition, 3)

            let output = LeafOutput(column: nil, repetitionLevels: slots.repetitionLevels ?? [], definitionLevels: levels)
            let shape = ReadNode.Shape(leaf: 0, definedLevel: 1, listDepth: 0, slotLevel: 0)
            for depth in 1...2 {
                // The quick way for one level of lists, and the one for any.
                let leaf = LeafDescriptor.ofLevels(repetition: depth, definition: 3)
                let read = try ListShaping.offsets(output, shape, leaf: leaf)
                XCTAssertEqual(read.offsets, offsets, "\(column)")
                XCTAssertEqual((0..<column.count).map { read.validity?[$0] ?? true }, column.map { $0 != nil })
            }
        }
    }

    func test_requiredNodes_haveNoDeadSlots() {
        let slots = LevelSlots(rowCount: 4)
        XCTAssertNil(slots.definitionLevels)
        XCTAssertNil(slots.repetitionLevels)
        XCTAssertNil(slots.rows)
        let all = slots.throughOptional(Bitmap(repeating: true, count: 4))
        XCTAssertNil(all.definitionLevels)
        XCTAssertEqual(all.definition, 1)
    }
}
