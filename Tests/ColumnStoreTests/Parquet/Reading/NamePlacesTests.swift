@testable import ColumnStore
import XCTest

/// The first of equal names, whether it is looked for one by one or in the table, and while names are added.
final class NamePlacesTests: XCTestCase {
    func test_place_manyQuestions_isAlwaysTheFirst() {
        for count in [0, 1, 3, NamePlaces.linearCountMax, NamePlaces.linearCountMax + 1, 40] {
            var places = NamePlaces()
            var names: [String] = []
            for index in 0..<max(count, 1) {
                if index < count { names.append("n\(index % 25)") }
                for name in ["n0", "n\(index)", "n24", "none", "n\(index % 25)"] {
                    XCTAssertEqual(places.place(of: name, in: names), names.firstIndex(of: name), "\(name) of \(names.count)")
                }
            }
        }
    }

    func test_place_equalTextsOfOtherBytes_areOtherNames() {
        let names = ["e\u{301}", "\u{E9}"] + (0..<20).map { "n\($0)" }
        var places = NamePlaces()
        for _ in 0..<40 { XCTAssertEqual(places.place(of: "\u{E9}", in: names), 1) }
    }
}
