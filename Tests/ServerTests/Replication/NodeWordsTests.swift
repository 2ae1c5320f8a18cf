import Cluster
import XCTest

@testable import Server

/// Goal: whoever reads why a node waits knows what to look at. Method: examples.
final class NodeWordsTests: XCTestCase {
    func test_versionsTooFarApart_areNamedBoth() throws {
        var standing = NodeHost.Standing()
        standing.obstacle = .version("b", theirs: 4, own: 2)
        let words = try XCTUnwrap(NodeWords.why(standing, node: "a"))
        XCTAssertTrue(words.hasPrefix("b speaks version 4 of the protocol, and this node version 2;"), words)
    }

    func test_laterVersionThatHasLed_isNamed_byWhatItMade() throws {
        var standing = NodeHost.Standing()
        (standing.role, standing.obstacle, standing.later) = (.standby, .outgrown, "catalog.sqlite is of version 99, and this program knows 9")
        let words = try XCTUnwrap(NodeWords.why(standing, node: "a"))
        XCTAssertTrue(words.contains("(catalog.sqlite is of version 99, and this program knows 9)") && words.contains("start this node with the other machine's version"), words)
    }

    func test_takeoverThatReadsSlots_isSaidToDoSo() throws {
        var standing = NodeHost.Standing()
        (standing.role, standing.silence, standing.fault) = (.leader, .slotsUnread, "it is slow")
        var words = try XCTUnwrap(NodeWords.why(standing, node: "a"))
        XCTAssertTrue(words.contains("reads what the slots of log.url have:") && words.hasSuffix("(it is slow)"), words)
        XCTAssertTrue(NodeWords.waitsForSlots(standing))
        standing.slotsLeft = 1_200
        words = try XCTUnwrap(NodeWords.why(standing, node: "a"))
        XCTAssertTrue(words.contains("about 1200 more"), words)
    }

    func test_bucketOfColdReceipts_thatAnswered_isNotSaidToHaveGivenNoAnswer() {
        let silent = NodeWords.withoutWarehouse(.init(reason: "it is slow", isUnkept: false)), unkept = NodeWords.withoutWarehouse(.init(reason: "no conditions", isUnkept: true))
        XCTAssertTrue(silent.contains("has given this node no answer since its start") && silent.contains("each five seconds (it is slow)"), silent)
        XCTAssertTrue(unkept.contains("is not what it must be") && unkept.hasSuffix("(no conditions)"), unkept)
        XCTAssertFalse(unkept.contains("no answer") || unkept.contains("five seconds"), unkept)
    }

    /// Of a machine that was given another `log.url` than the leader's.
    func test_placeOfSlots_isNamedBeforeTheSlot() throws {
        var standing = NodeHost.Standing()
        standing.obstacle = .slots(44)
        XCTAssertTrue(try XCTUnwrap(NodeWords.why(standing, node: "a")).hasPrefix("slot 44 of log.url is lost"))
        standing.fault = "file:///other/slots/5/base is not there"
        let words = try XCTUnwrap(NodeWords.why(standing, node: "a"))
        XCTAssertTrue(words.hasPrefix("file:///other/slots/5/base is not there; slot 44 of log.url is lost"), words)
    }

    func test_peerThatIsWaitedFor_isToldOf_withWhyThereIsNoConnection() throws {
        var standing = NodeHost.Standing()
        for silence in [Node.Silence.standby, .leader("b"), .inSync(["b"])] {
            (standing.silence, standing.fault) = (silence, NodeWords.noConnection("The certificate has expired."))
            XCTAssertTrue(NodeWords.waitsForPeer(standing))
            let words = try XCTUnwrap(NodeWords.why(standing, node: "a"))
            XCTAssertTrue(words.hasSuffix("(no connection to it can be made: The certificate has expired.)"), words)
        }
        standing.silence = .slots
        XCTAssertFalse(NodeWords.waitsForPeer(standing))
    }

    func test_disksThatAreOlder_areSaidToBe() throws {
        var standing = NodeHost.Standing()
        standing.silence = .behind(17, leader: "b")
        var words = try XCTUnwrap(NodeWords.why(standing, node: "a"))
        XCTAssertTrue(words.contains("begin behind record 17") && words.contains("waits for b"), words)
        standing.silence = .inSync([])
        words = try XCTUnwrap(NodeWords.why(standing, node: "a"))
        XCTAssertTrue(words.contains("went on alone") && words.contains("from before that"), words)
    }
}
