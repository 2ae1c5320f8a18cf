import XCTest

@testable import Server

/// Goal: of files that are looked at again and again one try is under way at a time, and each fault is told once. Method: looks at instants of the test's own.
final class FileTriesTests: XCTestCase {
    private var tries = FileTries()

    private func isDue(at now: Double, isForced: Bool = false, _ stamps: [FileStamp?] = [nil]) -> Bool { tries.isDue(stamps, isForced: isForced, pause: 30, now: now) }

    func test_tryThatIsUnderWay_isNobodyElses_andIsMadeAgainAfterThePause() {
        XCTAssertTrue(isDue(at: 100), "never looked at")
        XCTAssertFalse(isDue(at: 101))
        XCTAssertTrue(tries.failed("a reason"))
        XCTAssertFalse(isDue(at: 129))
        XCTAssertTrue(isDue(at: 130))
        XCTAssertFalse(isDue(at: 131), "it is being tried, for the second time too")
        tries.taken([nil])
        XCTAssertTrue(tries.isTaken)
        XCTAssertFalse(isDue(at: 1_000))
        XCTAssertTrue(isDue(at: 1_001, isForced: true))
        XCTAssertFalse(tries.isTaken)
    }

    func test_fault_isToldOnce_andAgainForAnother_whereTheFilesChange_andWhereSomebodyAsks() {
        var now = 0.0
        func told(_ words: String, isForced: Bool = false, _ stamps: [FileStamp?] = [nil]) -> Bool {
            now += 30
            XCTAssertTrue(isDue(at: now, isForced: isForced, stamps))
            return tries.failed(words)
        }
        XCTAssertTrue(told("a reason"))
        XCTAssertFalse(told("a reason"))
        XCTAssertTrue(told("another"))
        XCTAssertFalse(told("another"))
        XCTAssertTrue(told("another", isForced: true))
        XCTAssertTrue(told("another", [FileStamp(path: "/")]))
        tries.taken([nil])
        XCTAssertTrue(told("another", isForced: true), "it was well in between")
    }
}
