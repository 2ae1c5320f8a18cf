import ColumnStore
import XCTest

@testable import Documents

/// Goal: what few may see of a table's columns, they alone see in its documents, whichever type has them, and what was answered before is known to be older. Method: versions of
/// types that have a column, have it no more, or call it sensitive, added in the order of their places and in every other one; files that do not compile any more among them.
final class SensitiveColumnsTests: XCTestCase {
    private static let plain = #""iban":{"path":"/iban","type":"VARCHAR"}"#
    private static let closed = #""iban":{"path":"/iban","type":"VARCHAR","sensitive":true}"#
    private static let other = #""x":{"path":"/x","type":"VARCHAR"}"#
    private static let list = #""l":{"path":"/l","columns":{"a":{"path":"/a","type":"VARCHAR"},"b":{"path":"/b","type":"VARCHAR"}}}"#
    private static let closedMember = #""l":{"path":"/l","columns":{"a":{"path":"/a","type":"VARCHAR","sensitive":true}}}"#
    private static let closedList = #""l":{"path":"/l","sensitive":true,"columns":{"a":{"path":"/a","type":"VARCHAR"}}}"#
    private static let otherMember = #""l":{"path":"/l","columns":{"c":{"path":"/c","type":"VARCHAR"}}}"#

    /// A version of a type, and its place among all in the order in which they were put.
    private struct Version {
        let name: String
        let number: Int
        let place: Int64
        let table: String
        let file: [UInt8]
        /// Nil where its file is not understood.
        let type: DocumentType?

        init(_ name: String, _ number: Int, _ columns: String, place: Int64, table: String = "t", compiles: Bool = true) {
            (self.name, self.number, self.place, self.table) = (name, number, place, table)
            let ids = compiles ? #""receipt_id":"/id","issued_at":"/at","# : #""member_of_another_day":1,"#
            file = Array(#"{"name":"\#(name)","version":\#(number),"format":"json","match":{},"table":"\#(table)",\#(ids)"columns":{\#(columns)}}"#.utf8)
            type = try? DocumentType(kept: file)
            XCTAssertEqual(type != nil, compiles, columns)
        }
    }

    private func columns(_ versions: [Version]) throws -> SensitiveColumns {
        var columns = SensitiveColumns()
        for version in versions { try columns.add(file: version.file, compiled: version.type, place: version.place) }
        return columns
    }

    /// All that is asked of it, but for conflicts.
    private func state(_ columns: SensitiveColumns, _ versions: [Version]) -> String {
        let tables = Set(versions.map(\.table)).sorted().map { table in
            let open = columns.openTypes(of: table).map { "\($0.sorted())" } ?? "all"
            return "\(table): \(columns.paths(of: table).map(\.description).sorted()), open: \(open)"
        }
        let starts = Set(versions.map(\.name)).sorted().map { name in "\(name): \(columns.start(ofType: name).map { "\($0)" } ?? "open")" }
        return "\(tables) \(starts) \(columns.grewWith.map { "\($0)" } ?? "never")"
    }

    func test_columnThatBecomesSensitive_hidesTheDocumentsOfAllTypesThatEverHadIt() throws {
        for compiles in [true, false] {
            let before = [
                Version("a", 1, Self.plain, place: 1, compiles: compiles), Version("a", 2, Self.other, place: 2), Version("c", 1, Self.other, place: 3),
                Version("d", 1, Self.plain, place: 4, table: "u"),
            ]
            let open = try columns(before)
            XCTAssertNil(open.openTypes(of: "t"))
            XCTAssertNil(open.start(ofType: "a"))
            XCTAssertNil(open.grewWith)
            let found = try columns(before + [Version("b", 1, Self.closed, place: 5)])
            XCTAssertEqual(found.openTypes(of: "t"), ["c"])
            XCTAssertTrue(found.isSensitive(type: "a"))
            XCTAssertEqual(found.start(ofType: "a"), 5)
            XCTAssertNil(found.openTypes(of: "u"), "a column of that name in another table is another")
            XCTAssertEqual(found.grewWith, 5)
        }
    }

    /// A column that is not stored is none of the table's.
    func test_columnsThatAreNotStored_areOfNoTable() throws {
        for compiles in [true, false] {
            let unstored = Self.plain.replacing("}", with: #","stored":false}"#) + "," + Self.other
            let found = try columns([Version("a", 1, unstored, place: 1, compiles: compiles), Version("b", 1, Self.closed, place: 2)])
            XCTAssertEqual(found.openTypes(of: "t"), ["a"], "\(compiles)")
            XCTAssertNil(found.grewWith)
        }
    }

    func test_membersOfLists_countByThemselves_andWithTheirList() throws {
        for compiles in [true, false] {
            for (said, open) in [(Self.closedMember, Set(["c", "d"])), (Self.closedList, Set(["d"]))] as [(String, Set<String>)] {
                let found = try columns([
                    Version("a", 1, Self.list, place: 1, compiles: compiles), Version("c", 1, Self.otherMember, place: 2, compiles: compiles), Version("d", 1, Self.other, place: 3),
                    Version("b", 1, said, place: 5),
                ])
                XCTAssertEqual(found.openTypes(of: "t"), open, said)
                XCTAssertEqual(found.start(ofType: "a"), 5, said)
                XCTAssertEqual(found.grewWith, 5, said)
            }
        }
    }

    /// Files that were kept before types of a table had to agree.
    func test_typeThatComesAfterTheColumn_isSensitiveFromThenOn() throws {
        let found = try columns([Version("b", 1, Self.closed, place: 1), Version("a", 1, Self.other, place: 2), Version("a", 2, Self.plain, place: 7)])
        XCTAssertEqual(found.openTypes(of: "t"), [])
        XCTAssertEqual(found.start(ofType: "a"), 7)
    }

    func test_grewWith_documentsOfATypeBecomeSensitive_thoughTheColumnWasHiddenBefore() throws {
        let before = [Version("a", 1, Self.closed, place: 1), Version("b", 1, Self.other, place: 2)]
        let open = try columns(before)
        XCTAssertEqual(open.openTypes(of: "t"), ["b"])
        XCTAssertNil(open.grewWith)
        let found = try columns(before + [Version("b", 2, Self.other + "," + Self.closed, place: 9)])
        XCTAssertEqual(found.openTypes(of: "t"), [])
        XCTAssertEqual(found.grewWith, 9)
        // The next version hides nothing more.
        XCTAssertEqual(try columns(before + [Version("b", 2, Self.closed, place: 9), Version("b", 3, Self.closed + "," + Self.other, place: 11)]).grewWith, 9)
    }

    func test_grewWith_newTypeHidesAColumnThatAnotherHasShown() throws {
        XCTAssertEqual(try columns([Version("a", 1, Self.plain, place: 1), Version("b", 1, Self.closed, place: 6)]).grewWith, 6)
        // What nobody has had before hides nothing of others.
        XCTAssertNil(try columns([Version("a", 1, Self.other, place: 1), Version("b", 1, Self.closed, place: 6)]).grewWith)
        XCTAssertNil(try columns([Version("b", 1, Self.closed, place: 6), Version("e", 1, Self.closedMember, place: 7)]).grewWith)
    }

    /// A column that is not stored is in the document all the same.
    func test_grewWith_documentsOfAColumnThatIsNotStored() throws {
        let unstored = Self.closed.replacing("}", with: #","stored":false}"#) + "," + Self.other
        let found = try columns([Version("a", 1, Self.other, place: 1), Version("a", 2, unstored, place: 3)])
        XCTAssertEqual(found.openTypes(of: "t"), [])
        XCTAssertEqual(found.grewWith, 3)
    }

    private func orders<Element>(_ elements: [Element]) -> [[Element]] {
        if elements.count < 2 { return [elements] }
        return elements.indices.flatMap { place in
            var rest = elements
            let first = rest.remove(at: place)
            return orders(rest).map { [first] + $0 }
        }
    }

    /// A start goes through the versions by their types' names, a running store by their times.
    func test_everyOrderOfVersions_comesToTheSame() throws {
        let histories: [[Version]] = [
            [Version("a", 1, Self.plain, place: 1), Version("a", 2, Self.other, place: 2), Version("b", 1, Self.closed, place: 3), Version("c", 1, Self.other, place: 4), Version("c", 2, Self.closed, place: 5)],
            [Version("z", 1, Self.plain, place: 1, compiles: false), Version("a", 1, Self.closed, place: 2), Version("b", 1, Self.closed, place: 3), Version("b", 2, Self.other, place: 4)],
            [
                Version("a", 1, Self.list, place: 1), Version("b", 1, Self.closedMember, place: 3), Version("c", 1, Self.otherMember, place: 4), Version("c", 2, Self.closedList, place: 6),
                Version("d", 1, Self.closedList, place: 8),
            ],
            [
                Version("a", 1, Self.other, place: 1, table: "u"), Version("a", 2, Self.closed, place: 4), Version("b", 1, Self.plain, place: 2), Version("c", 1, Self.plain, place: 3, table: "u"),
                Version("d", 1, Self.closed, place: 5, table: "u"),
            ],
            // All at the same time, as by a clock that stands.
            [Version("a", 1, Self.plain, place: 1), Version("a", 2, Self.other, place: 1), Version("b", 1, Self.closed, place: 1), Version("c", 1, Self.other, place: 1)],
        ]
        let wanted = [
            #"["t: [\"iban\"], open: []"] ["a: 3", "b: 3", "c: 5"] 5"#,
            #"["t: [\"iban\"], open: []"] ["a: 2", "b: 3", "z: 2"] 2"#,
            #"["t: [\"l\", \"l.a\"], open: []"] ["a: 3", "b: 3", "c: 6", "d: 8"] 6"#,
            #"["t: [\"iban\"], open: []", "u: [\"iban\"], open: []"] ["a: 4", "b: 4", "c: 5", "d: 5"] 5"#,
            #"["t: [\"iban\"], open: [\"c\"]"] ["a: 1", "b: 1", "c: open"] 1"#,
        ]
        for (history, wanted) in zip(histories, wanted) {
            XCTAssertEqual(state(try columns(history), history), wanted)
            for order in orders(history) { XCTAssertEqual(state(try columns(order), history), wanted, "\(order.map { "\($0.name)\($0.number)" })") }
        }
    }
}
