import ColumnStore
import Documents
import XCTest

/// Goal: kinds of table can be distinguished by what is stored and by what type files say. Method: all pairs of all kinds.
final class TableKindTests: XCTestCase {
    func test_kinds_haveWordsAndSuffixesOfTheirOwn() {
        XCTAssertEqual(Set(TableKind.all.map(\.word)).count, TableKind.all.count)
        XCTAssertEqual(Set(TableKind.all.map(\.storedSuffix)).count, TableKind.all.count)
        XCTAssertEqual(TableKind.all.count { $0.storedSuffix.isEmpty }, 1, "one kind has what has no suffix")
        for (one, other) in TableKind.all.flatMap({ one in TableKind.all.map { (one, $0) } }) where one !== other && !other.storedSuffix.isEmpty {
            XCTAssertFalse(one.storedSuffix.hasSuffix(other.storedSuffix), "\(one.storedSuffix) ends like \(other.storedSuffix)")
        }
        for kind in TableKind.all { XCTAssertTrue(TableKind.named(kind.word) === kind) }
        XCTAssertNil(TableKind.named("keep"))
    }

    func test_storedName_saysItsKind_andLeadsBackToTheShownOne() {
        for kind in TableKind.all {
            let stored = kind.storedName(of: "licences")
            XCTAssertTrue(TableKind.ofStored(stored) === kind)
            XCTAssertEqual(kind.shownName(of: stored), "licences")
        }
    }

    /// What brings a column has it, in the order in which the writer numbers a row: the version first.
    func test_broughtColumns_areThoseOfTheTable_andTheVersionIsFirst() {
        for kind in TableKind.all {
            let names = Set((kind.ownColumns + [.upload]).map(\.field.name))
            for brought in [kind.broughtColumns, kind.broughtByUploads, kind.pageColumns] {
                XCTAssertTrue(names.isSuperset(of: brought.map(\.field.name)), kind.noun)
            }
            if kind.numbersVersions { XCTAssertEqual(kind.broughtColumns.first?.field.name, StoreColumn.version.field.name) }
            if kind.numbersVersions { XCTAssertEqual(kind.broughtByUploads.first?.field.name, StoreColumn.version.field.name) }
        }
    }
}
