import XCTest

@testable import Query

/// What is charged before arrays grow is not less than what they then take, whatever blocks they lie in.
final class ArrayGrowthTests: XCTestCase {
    func test_appended_arrays_end_within_what_was_charged() {
        check(UInt8(1))
        check(UInt32(1))
        check(Int64(1))
        check((Int64(1), UInt32(1)))
        check((Int64(1), Int64(1), Int64(1)))
    }

    private func check<Element>(_ element: Element, file: StaticString = #filePath, line: UInt = #line) {
        for _ in 0..<300 {
            var array = [Element](repeating: element, count: Int.random(in: 0...300))
            for _ in 0..<4 {
                let count = array.count + Int.random(in: 0...[3, 100, 3_000, 60_000].randomElement()!)
                let bound = max(array.capacity, array.growth(to: count))
                while array.count < count { array.append(element) }
                XCTAssertLessThanOrEqual(array.capacity, bound, "\(count) of \(Element.self)", file: file, line: line)
            }
        }
    }
}
