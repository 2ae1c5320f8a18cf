import XCTest

@testable import Documents

/// Goal: a path that may read what is sensitive is never taken for one that does not. Method: all short patterns against each other, and against the plain paths that they stand for.
final class PathPatternTests: XCTestCase {
    private func patterns(_ steps: [PathPattern.Step], upTo length: Int) -> [[PathPattern.Step]] {
        var all: [[PathPattern.Step]] = [[]], last = all
        for _ in 0..<length {
            last = last.flatMap { pattern in steps.map { pattern + [$0] } }
            all += last
        }
        return all
    }

    /// Whether one leads to the other's node, above it or below it: as far as both go their steps meet.
    private func goTogether(_ one: [PathPattern.Step], _ other: [PathPattern.Step]) -> Bool { zip(one, other).allSatisfy { $0.meets($1) } }

    func test_meets_isTheSameFromEitherSide() {
        let steps: [PathPattern.Step] = [.name("a"), .name("*"), .name("0"), .name(""), .root, .anyName, .anyIndex, .attribute("a"), .attribute("b"), .anyAttribute, .text, .deep]
        for one in steps {
            for other in steps { XCTAssertEqual(one.meets(other), other.meets(one), "\(one), \(other)") }
            if one != .deep { XCTAssertTrue(one.meets(one), "\(one)") }
        }
    }

    func test_isRead_byPathsOfNames_isWhereOneLiesOnTheOther() {
        let all = patterns([.name("a"), .name("b"), .anyName], upTo: 3)
        for own in all {
            for reader in all {
                for isContainer in [false, true] {
                    XCTAssertEqual(PathPattern(steps: own).isRead(by: PathPattern(steps: reader), isContainer: isContainer), goTogether(own, reader), "\(own) by \(reader)")
                }
                XCTAssertTrue(PathPattern(steps: own, isUnknown: true).isRead(by: PathPattern(steps: reader), isContainer: false))
                XCTAssertTrue(PathPattern(steps: own).isRead(by: PathPattern(steps: reader, isUnknown: true), isContainer: false))
            }
        }
    }

    /// No attribute is in an element's text; all of an element of a list counts, its attributes too.
    func test_isRead_ofAndByAttributes_isWhereTheElementIsTheSame() {
        let all = patterns([.name("a"), .name("b"), .anyName], upTo: 2)
        for own in all {
            for reader in all {
                let (ownAttribute, readerAttribute) = (PathPattern(steps: own + [.attribute("k")]), PathPattern(steps: reader + [.attribute("k")]))
                let isSame = own.count == reader.count && goTogether(own, reader)
                XCTAssertEqual(ownAttribute.isRead(by: readerAttribute, isContainer: false), isSame, "\(own)/@k by \(reader)/@k")
                XCTAssertEqual(ownAttribute.isRead(by: PathPattern(steps: reader + [.anyAttribute]), isContainer: false), isSame, "\(own)/@k by \(reader)/@*")
                XCTAssertFalse(ownAttribute.isRead(by: PathPattern(steps: reader + [.attribute("l")]), isContainer: false), "\(own)/@k by \(reader)/@l")
                XCTAssertFalse(ownAttribute.isRead(by: PathPattern(steps: reader), isContainer: false), "\(own)/@k by \(reader)")
                let isAbove = own.count <= reader.count && goTogether(own, reader)
                XCTAssertEqual(PathPattern(steps: own).isRead(by: readerAttribute, isContainer: true), isAbove, "\(own) by \(reader)/@k")
                XCTAssertFalse(PathPattern(steps: own).isRead(by: readerAttribute, isContainer: false), "\(own) by \(reader)/@k")
            }
        }
    }

    func test_isRead_byAPathOfAnyDepth_isWhereOneOfItsDepthsReads() {
        for own in patterns([.name("a"), .name("b"), .anyName], upTo: 3) {
            for reader in patterns([.name("a"), .name("b"), .deep], upTo: 3) {
                var depths: [[PathPattern.Step]] = [[]]
                for step in reader {
                    // No deeper than the other path goes.
                    depths = step == .deep ? depths.flatMap { depth in (0...3).map { depth + [PathPattern.Step](repeating: .anyName, count: $0) } } : depths.map { $0 + [step] }
                }
                let wanted = depths.contains { goTogether(own, $0) }
                XCTAssertEqual(PathPattern(steps: own).isRead(by: PathPattern(steps: reader), isContainer: true), wanted, "\(own) by \(reader)")
            }
        }
    }
}
