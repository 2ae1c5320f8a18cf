import XCTest

@testable import Server

/// Goal: no answer is waited for without end, and none is given up of a node that leads and lives. Method: looks at given instants.
final class LeaderPatienceTests: XCTestCase {
    func test_leaderThatSpeaks_isWaitedFor_andOneThatLeadsNoMore_forAWhile() {
        let patience = LeaderPatience(seconds: 1, begunAt: 1_000)
        for now in stride(from: 1_000, through: 100_000, by: 200) { XCTAssertFalse(patience.isOver(leads: true, heardAt: now - 200, at: now)) }
        XCTAssertFalse(patience.isOver(leads: false, heardAt: 100_000, at: 100_000))
        XCTAssertFalse(patience.isOver(leads: false, heardAt: 101_000, at: 101_000))
        XCTAssertTrue(patience.isOver(leads: false, heardAt: 101_000, at: 101_001))
        // It has the lead back: another loss of it begins anew.
        XCTAssertFalse(patience.isOver(leads: true, heardAt: 101_000, at: 101_200))
        XCTAssertFalse(patience.isOver(leads: false, heardAt: 101_000, at: 101_300))
    }

    /// It stands still, or is cut off, and this node cannot take over: it leads as far as anybody knows.
    func test_leaderThatSaysNothing_isNotWaitedForWithoutEnd() {
        let silent = 50_000 + LeaderPatience.silenceMilliseconds
        for heardAt in [nil, 10, 50_000] as [Int?] {
            let patience = LeaderPatience(seconds: 1, begunAt: 50_000)
            XCTAssertFalse(patience.isOver(leads: true, heardAt: heardAt, at: 50_200), "what was before the request says nothing")
            XCTAssertFalse(patience.isOver(leads: true, heardAt: heardAt, at: silent))
            XCTAssertFalse(patience.isOver(leads: true, heardAt: heardAt, at: silent + 1))
            XCTAssertFalse(patience.isOver(leads: true, heardAt: heardAt, at: silent + 1_001))
            XCTAssertTrue(patience.isOver(leads: true, heardAt: heardAt, at: silent + 1_002))
        }
    }

    /// What was said meanwhile waits to be read: the first look behind a pause finds nothing that is new.
    func test_pauseOfThisNode_isNoSilenceOfTheOther() {
        let patience = LeaderPatience(seconds: 1, begunAt: 0)
        XCTAssertFalse(patience.isOver(leads: true, heardAt: 1_000, at: 900_000))
        XCTAssertFalse(patience.isOver(leads: true, heardAt: 900_100, at: 900_200))
        XCTAssertFalse(patience.isOver(leads: true, heardAt: 901_900, at: 902_000))
    }
}
