@testable import ColumnStore
import TestSupport
import XCTest

/// Offsets of lists out of levels, against a walk entry by entry: lists of every length, absent ones in every place, and pages that end within eight entries.
final class ListShapingTests: XCTestCase {
    private static let leaf = LeafDescriptor(
        index: 0, path: "list.element", element: SchemaElement(name: "element", type: .int64), physicalType: .int64, greatestDefinitionLevel: 2,
        elementLevels: [2])
    /// A list that may be NULL, of elements that may not.
    private static let shape = ReadNode.Shape(leaf: 0, definedLevel: 1, listDepth: 0, slotLevel: 0)

    private func check(_ lists: [Int?], line: UInt = #line) throws {
        var (repetition, definition): ([UInt8], [UInt8]) = ([], [])
        var (offsets, valid): ([Int32], [Bool]) = ([0], [])
        for list in lists {
            let count = list ?? 0
            // NULL is level 0, an empty list 1, an element 2.
            repetition += count == 0 ? [0] : [0] + [UInt8](repeating: 1, count: count - 1)
            definition += count == 0 ? [list == nil ? 0 : 1] : [UInt8](repeating: 2, count: count)
            offsets.append((offsets.last ?? 0) + Int32(count))
            valid.append(list != nil)
        }
        let shaped = try ListShaping.offsets(
            LeafOutput(column: nil, repetitionLevels: repetition, definitionLevels: definition), Self.shape, leaf: Self.leaf)
        XCTAssertEqual(shaped.offsets, offsets, "\(lists)", line: line)
        XCTAssertEqual(valid.indices.map { shaped.validity?[$0] ?? true }, valid, "\(lists)", line: line)
    }

    func test_offsets_ofListsThatHaveElements() throws {
        try check([])
        for length in 1...20 { for count in 1...20 { try check([Int?](repeating: length, count: count)) } }
        for first in 1...9 { for second in 1...9 { for third in 1...9 { try check([first, second, third, 1, 1, 1]) } } }
    }

    func test_offsets_ofAbsentListsInEveryPlace() throws {
        for place in 0..<20 {
            for absent in [nil, 0] as [Int?] {
                var lists = [Int?](repeating: 1, count: 20)
                lists[place] = absent
                try check(lists)
                lists[(place + 7) % 20] = 11
                try check(lists)
            }
        }
    }

    func test_offsets_ofRandomLists() throws {
        var random = SplitMix64(state: 21)
        for _ in 0..<400 {
            let share = random.next() % 30
            try check((0..<Int(random.next() % 200)).map { _ in
                let kind = random.next() % 40
                return kind < share ? (kind % 2 == 0 ? nil : 0) : Int(random.next() % (random.next() % 5 == 0 ? 60 : 9)) + 1
            })
        }
    }
}
