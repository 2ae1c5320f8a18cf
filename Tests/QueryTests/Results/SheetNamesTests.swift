import Query
import XCTest

final class SheetNamesTests: XCTestCase {
    func test_namesAreValidAndUnique() {
        var names = SheetNames()
        XCTAssertEqual(names.take("Licences"), "Licences")
        XCTAssertEqual(names.take("licences"), "licences (2)")
        XCTAssertEqual(names.take("Licences (2)"), "Licences (2) (2)")
        XCTAssertEqual(names.take("a[b]:c*d?e/f\\g"), "a_b__c_d_e_f_g")
        XCTAssertEqual(names.take("'''"), "Sheet")
        XCTAssertEqual(names.take(" 'it's' "), "it's")
        XCTAssertEqual(names.take(""), "Sheet (2)")
        XCTAssertEqual(names.take("HISTORY"), "HISTORY_")
        XCTAssertEqual(names.take("ЇЖА"), "ЇЖА")
        XCTAssertEqual(names.take("їжа"), "їжа (2)")
        let long = String(repeating: "😀", count: 40)
        XCTAssertEqual(names.take(long).utf16.count, 30)
        XCTAssertEqual(names.take(long), String(repeating: "😀", count: 13) + " (2)")
        XCTAssertEqual(names.take(String(repeating: "x", count: 30) + "'y").utf16.count, 30)
    }

    func test_aThousandAlike_areAllDifferent() {
        var names = SheetNames()
        let all = (0..<1_000).map { _ in names.take(String(repeating: "n", count: 31)) }
        XCTAssertEqual(Set(all).count, 1_000)
        XCTAssertTrue(all.allSatisfy { $0.utf16.count <= 31 })
    }
}
