import Cluster
import TestSupport
import XCTest

/// Goal: what a node says the other hears, and no bytes, cut or changed anywhere, do more than fail. Method: each message there and back; then every beginning of its bytes, and
/// thousands of them with bytes changed.
final class MessageFrameTests: XCTestCase {
    private static let first = Record(after: .start, epoch: 1, kind: .fence, level: 1, body: [])
    private static let second = Record(after: first.mark, epoch: 3, kind: .rows, level: 1, body: [1, 2, 3])
    private static let configuration = Configuration(
        epoch: 4, nonce: Nonce(session: .max, count: 7), leader: "a", insync: ["a", "b-2"], mode: .pair,
        log: .init(generation: 2, base: first.mark), floor: 2, removed: ["c"], level: 1)

    private static var messages: [Message] {
        var history = History()
        for record in [first, second] { history.append(record) }
        return [
            .hello(Hello(session: .max, heard: 1, version: 1, epoch: 4, promise: 5, isVouched: true, tail: second.mark)),
            .lead(Lead(
                configuration: configuration, session: 9, to: 8, version: 1, sentAt: 123_456, tenure: 4, committed: first.mark, records: [first, second],
                resume: Resume(history: history, attempt: 3), vouches: [Nonce(session: 1, count: 2)], isOffer: true)),
            .word(Word(session: 8, version: 1, epoch: 4, promise: 4, echo: 123_456, tenure: 4, attempt: 3, tail: second.mark, accepts: [Nonce(session: 1, count: 2)])),
            .refusal(epoch: 12),
            .gone(Gone(session: 9, to: 8, tenure: 4, first: 3_000)),
        ]
    }

    func test_bytes_ofEachMessage_areThatMessage() throws {
        for message in Self.messages {
            let again = try Message(parsing: message.bytes[...])
            XCTAssertEqual("\(again)", "\(message)")
        }
        XCTAssertEqual(try Configuration(parsingObject: Self.configuration.objectBytes), Self.configuration)
        XCTAssertEqual(try Record(parsing: Self.second.bytes[...]), Self.second)
    }

    /// What versions before read is what they have written; one that names a store is of another form, and no message has it.
    func test_object_thatNamesAStore_isOfTheSecondForm_andMessagesHaveNoPlaceForIt() throws {
        var naming = Self.configuration
        naming.store = StoreIdentity("00112233445566778899aabbccddeeff")
        XCTAssertNotNil(naming.store)
        XCTAssertTrue(Self.configuration.objectBytes.starts(with: Array("till-cluster 1\n".utf8)))
        XCTAssertTrue(naming.objectBytes.starts(with: Array("till-cluster 2\n".utf8)))
        XCTAssertEqual(try Configuration(parsingObject: naming.objectBytes), naming)
        for end in 0..<naming.objectBytes.count { XCTAssertThrowsError(try Configuration(parsingObject: Array(naming.objectBytes[..<end]))) }
        for place in naming.objectBytes.indices {
            var changed = naming.objectBytes
            changed[place] ^= 1 << UInt8(place % 8)
            XCTAssertThrowsError(try Configuration(parsingObject: changed), "byte \(place)")
        }
        for text in ["", "0011", "00112233445566778899AABBCCDDEEFF", "00112233445566778899aabbccddeefg", "00112233445566778899aabbccddeeff0"] { XCTAssertNil(StoreIdentity(text), text) }
        func lead(_ configuration: Configuration) -> [UInt8] {
            Message.lead(Lead(configuration: configuration, session: 9, to: 8, version: 1, sentAt: 1, tenure: 4, committed: .start, records: [], resume: nil, vouches: [], isOffer: false)).bytes
        }
        XCTAssertEqual(lead(naming), lead(Self.configuration))
    }

    func test_checkpointFrames_areThoseFrames_andNoPartOfThemIs() throws {
        var history = History()
        for record in [Self.first, Self.second] { history.append(record) }
        let beginning = try XCTUnwrap(Beginning(mark: Self.second.mark, history: history))
        let frames: [CheckpointFrame] = [
            .wait, .refusal("no"), .head(byteCount: 1 << 40, beginning), .name("hot/2026-11-22.sqlite", byteCount: 4_096), .piece(Digest(high: 1, low: 2), [7, 8, 9]), .end,
        ]
        for frame in frames {
            let bytes = frame.bytes
            XCTAssertEqual(try CheckpointFrame(parsing: bytes[...]), frame)
            for end in 0..<bytes.count {
                // Of a piece the sum says what is missing.
                if case .piece = frame, end > 17 { continue }
                XCTAssertThrowsError(try CheckpointFrame(parsing: bytes[..<end]), "\(frame) cut at \(end)")
            }
            if case .piece = frame { continue }
            XCTAssertThrowsError(try CheckpointFrame(parsing: (bytes + [0])[...]))
        }
        XCTAssertThrowsError(try CheckpointFrame(parsing: CheckpointFrame.piece(.zero, ArraySlice([UInt8](repeating: 0, count: CheckpointFrame.pieceByteCount + 1))).bytes[...]))
    }

    func test_beginning_isThatBeginning_andNoOtherBytesAre() throws {
        var history = History()
        for record in [Self.first, Self.second] { history.append(record) }
        let beginning = try XCTUnwrap(Beginning(mark: Self.second.mark, history: history))
        XCTAssertNil(Beginning(mark: Self.first.mark, history: history))
        let bytes = beginning.bytes
        XCTAssertEqual(try Beginning(parsing: bytes[...]), beginning)
        XCTAssertEqual(try Beginning(parsing: Beginning.first.bytes[...]), .first)
        for end in 0..<bytes.count { XCTAssertThrowsError(try Beginning(parsing: bytes[..<end])) }
        for place in bytes.indices {
            var changed = bytes
            changed[place] ^= 1 << UInt8(place % 8)
            XCTAssertThrowsError(try Beginning(parsing: changed[...]), "byte \(place)")
        }
    }

    /// As many as a standby makes that is lost and let in again every few seconds, for days.
    func test_beginning_ofALogOfEpochsWithoutEnd_canBeReadAgain() throws {
        let spans = (1...100_000).map { History.Span(epoch: $0 * 2, first: $0 * 2 - 1) }
        let history = try XCTUnwrap(History(spans: spans, last: 200_000))
        let mark = Mark(sequence: 200_000, epoch: 200_000, hash: Digest(high: 1, low: 2))
        let beginning = try XCTUnwrap(Beginning(mark: mark, history: history))
        XCTAssertLessThan(beginning.bytes.count, Beginning.byteCountMax)
        let again = try Beginning(parsing: beginning.bytes[...])
        XCTAssertEqual(again, beginning)
        XCTAssertEqual(again.history.last, 200_000)
        XCTAssertTrue(again.history.has(mark))
    }

    /// A leader of the version before, whose own kind reads such a message no more: as this version the other machine follows, and leads.
    func test_message_ofAllEpochsOfALog_thatTheVersionBeforeReadsNoMore_isRead() throws {
        func message(_ count: Int) throws -> Message {
            let history = try XCTUnwrap(History(spans: (1...count).map { History.Span(epoch: $0 * 2, first: $0 * 2 - 1) }, last: count * 2))
            return .lead(Lead(
                configuration: Self.configuration, session: 9, to: 8, version: 1, sentAt: 1, tenure: 4, committed: Self.first.mark, records: [], resume: Resume(history: history, attempt: 3),
                vouches: [], isOffer: false))
        }
        let bytes = try message(100_000).bytes
        XCTAssertLessThan(bytes.count, Message.byteCountMax)
        guard case .lead(let lead) = try Message(parsing: bytes[...]) else { return XCTFail("it is another message") }
        XCTAssertEqual(lead.resume?.history.spans.count, 100_000)
        XCTAssertThrowsError(try Message(parsing: message(131_073).bytes[...]))
    }

    func test_bytes_cutAnywhere_areAnError() {
        for message in Self.messages {
            let bytes = message.bytes
            for end in 0..<bytes.count { XCTAssertThrowsError(try Message(parsing: bytes[..<end]), "\(message) cut at \(end)") }
            XCTAssertThrowsError(try Message(parsing: (bytes + [0])[...]))
        }
        let object = Self.configuration.objectBytes
        for end in 0..<object.count { XCTAssertThrowsError(try Configuration(parsingObject: Array(object[..<end]))) }
    }

    func test_object_ofAnyByteChanged_isAnError() {
        let object = Self.configuration.objectBytes
        for place in object.indices {
            var changed = object
            changed[place] ^= 1 << UInt8(place % 8)
            XCTAssertThrowsError(try Configuration(parsingObject: changed), "byte \(place)")
        }
    }

    func test_record_ofAnyByteChanged_isAnError() {
        for place in Self.second.bytes.indices {
            var changed = Self.second.bytes
            changed[place] ^= 1 << UInt8(place % 8)
            XCTAssertThrowsError(try Record(parsing: changed[...]), "byte \(place)")
        }
    }

    /// Whatever they are, a node that is given what could be read goes on.
    func test_bytes_changedAtRandom_endNothing() {
        var chance = SplitMix64(state: 20_261_122)
        var readable = 0
        for round in 0..<20_000 {
            var bytes = Self.messages[round % Self.messages.count].bytes
            for _ in 0...Int(chance.next() % 4) {
                let place = Int(chance.next() % UInt64(bytes.count))
                bytes[place] = [UInt8(truncatingIfNeeded: chance.next()), 0xFF, 0x7F, 0x80, 0][Int(chance.next() % 5)]
            }
            guard let message = try? Message(parsing: bytes[...]) else { continue }
            readable += 1
            var node = Node(Settings(name: "b-2", peers: ["a"], hasBucket: false), session: 8, disk: .init(promise: 0, history: History(), tail: .start, recent: []), at: 1_000)
            _ = Node.step(&node, .configuration(.absent, ticket: 1), at: 1_000)
            _ = Node.step(&node, .message(from: "a", message), at: 1_001)
            _ = Node.step(&node, .tick, at: 1_200)
        }
        XCTAssertGreaterThan(readable, 100)
    }

    /// A count that the bytes cannot hold takes no memory.
    func test_counts_beyondTheirBytes_areAnError() {
        var bytes = Message.lead(Lead(
            configuration: Self.configuration, session: 9, to: 8, version: 1, sentAt: 1, tenure: 4, committed: .start, records: [], resume: nil, vouches: [], isOffer: false)).bytes
        // The count of records stands before a flag, a count and a flag.
        let place = bytes.count - 1 - 4 - 1 - 4
        // As many as a message may have, and more than any may.
        for count in [16, 0xFF] as [UInt8] {
            bytes[place] = count
            XCTAssertThrowsError(try Message(parsing: bytes[...])) { XCTAssertEqual($0 as? FrameFault, FrameFault("a list is too long")) }
        }
    }
}
