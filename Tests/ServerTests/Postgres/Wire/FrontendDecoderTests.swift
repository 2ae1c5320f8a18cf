import TestSupport
import XCTest

@testable import Server

/// Goal: the same bytes are the same messages however they come in pieces, and no length, count or code from outside is believed. Method: messages written by a
/// test's writer, cut at every place; lies at every field.
final class FrontendDecoderTests: XCTestCase {
    private static let messages: [FrontendMessage] = [
        .query("SELECT 'é'"), .parse(.init(name: "s", query: "SELECT $1", parameterTypes: [23, 0])), .sync,
        .bind(.init(portal: "p", statement: "s", parameterFormats: [.binary, .text], parameters: [[0, 1], nil], resultFormats: [.binary])),
        .bind(.init(portal: "", statement: "")), .describe(.statement("s")), .describe(.portal("")), .execute(portal: "p", rowsMax: 5), .close(.portal("p")), .close(.statement("s")),
        .flush, .copyData([0, 255]), .copyDone, .copyFail("no"), .terminate,
    ]

    private func decode(_ decoder: inout FrontendDecoder) throws -> [FrontendMessage] {
        var found: [FrontendMessage] = []
        while let message = try decoder.next() { found.append(message) }
        return found
    }

    func test_next_cutAnywhere_givesTheSameMessages() throws {
        var writer = FrontendWriter()
        for message in Self.messages { writer.write(message) }
        for size in [1, 2, 3, 7, 64, writer.bytes.count] {
            var decoder = FrontendDecoder()
            decoder.phase = .session
            var found: [FrontendMessage] = []
            for start in stride(from: 0, to: writer.bytes.count, by: size) {
                decoder.append(writer.bytes[start..<min(start + size, writer.bytes.count)])
                found += try decode(&decoder)
            }
            XCTAssertEqual(found, Self.messages, "pieces of \(size)")
            XCTAssertEqual(decoder.pendingCount, 0)
        }
    }

    /// An array keeps the room that a long message took: a connection would have it for as long as it lasts, and nobody is charged for what is read already.
    func test_longMessages_areLetGoOf_onceTheyAreRead() throws {
        var writer = FrontendWriter()
        writer.write(.query(String(repeating: "x", count: 1 << 20)))
        var decoder = FrontendDecoder()
        decoder.phase = .session
        decoder.append(writer.bytes)
        XCTAssertGreaterThanOrEqual(decoder.heldByteCount, 1 << 20)
        XCTAssertEqual(try decode(&decoder).count, 1)
        decoder.rest()
        XCTAssertLessThan(decoder.heldByteCount, 16 << 10)
        // The next one has begun: it stays, and the long one goes with its next bytes.
        decoder.append(writer.bytes + [UInt8(ascii: "S"), 0])
        XCTAssertEqual(try decode(&decoder).count, 1)
        decoder.rest()
        XCTAssertEqual(decoder.pendingCount, 2)
        decoder.append([0, 0, 4])
        XCTAssertLessThan(decoder.heldByteCount, 16 << 10)
        XCTAssertEqual(try decode(&decoder), [.sync])
    }

    func test_next_bodyCutShort_isAFaultOfThatMessageAlone() throws {
        for message in Self.messages {
            var writer = FrontendWriter()
            writer.write(message)
            let body = Array(writer.bytes.dropFirst(5))
            for count in 0..<body.count {
                var cut = FrontendWriter()
                cut.raw(Character(UnicodeScalar(writer.bytes[0])), Array(body.prefix(count)))
                cut.write(.sync)
                var decoder = FrontendDecoder()
                decoder.phase = .session
                decoder.append(cut.bytes)
                do { _ = try decoder.next() } catch { XCTAssertEqual(error.severity, .error, "\(message) \(count)") }
                XCTAssertEqual(try decoder.next(), .sync, "\(message) cut to \(count): the next one begins where it should")
            }
        }
    }

    /// Whoever has sent it waits for ReadyForQuery.
    func test_next_syncThatCarriesBytes_isToldAsOne() throws {
        var writer = FrontendWriter()
        for type: Character in ["S", "H"] { writer.raw(type, [1]) }
        var decoder = FrontendDecoder()
        decoder.phase = .session
        decoder.append(writer.bytes)
        for isSync in [true, false] {
            XCTAssertThrowsError(try decoder.next()) { XCTAssertEqual(($0 as? PostgresFault)?.state, .protocolViolation) }
            XCTAssertEqual(decoder.isAtSync, isSync)
            XCTAssertFalse(decoder.isAtQuery)
        }
    }

    func test_next_liesAboutLengths_areRefusedBeforeAnythingComes() throws {
        for (type, length): (Character, Int32) in [("Q", 3), ("Q", -1), ("Q", .max), ("Q", .min), ("S", 30_001), ("D", 1 << 20), ("p", 8), ("Z", 4), ("\0", 4)] {
            var decoder = FrontendDecoder(limits: .init(large: 1 << 20))
            decoder.phase = .session
            decoder.append([type.asciiValue ?? 0] + FrontendWriter.integer(length))
            XCTAssertThrowsError(try decoder.next(), "\(type) \(length)") { XCTAssertEqual(($0 as? PostgresFault)?.severity, .fatal) }
        }
        var waits = FrontendDecoder(limits: .init(large: 1 << 20))
        waits.phase = .session
        waits.append([UInt8(ascii: "Q")] + FrontendWriter.integer(Int32(1 << 20)))
        XCTAssertNil(try waits.next())
    }

    func test_next_countsThatTheBodyCannotHold_areRefused() throws {
        for body in [
            FrontendWriter.text("") + FrontendWriter.text("") + FrontendWriter.integer(UInt16.max),
            FrontendWriter.text("s") + FrontendWriter.text("SELECT 1") + FrontendWriter.integer(2 as Int16) + [0, 0, 0, 1],
        ] {
            for type: Character in ["P", "B"] {
                var writer = FrontendWriter()
                writer.raw(type, body)
                var decoder = FrontendDecoder()
                decoder.phase = .session
                decoder.append(writer.bytes)
                XCTAssertThrowsError(try decoder.next()) { XCTAssertEqual(($0 as? PostgresFault)?.state, .protocolViolation) }
            }
        }
    }

    func test_next_beforeAuthentication_takesAPasswordAlone() throws {
        for message in Self.messages where message != .terminate {
            var writer = FrontendWriter()
            writer.write(message)
            var decoder = FrontendDecoder()
            decoder.phase = .authentication
            decoder.append(writer.bytes)
            XCTAssertThrowsError(try decoder.next())
        }
        var writer = FrontendWriter()
        writer.write(.password([1, 2]))
        var decoder = FrontendDecoder()
        decoder.phase = .authentication
        decoder.append(writer.bytes)
        XCTAssertEqual(try decoder.next(), .password([1, 2]))
    }

    func test_startup_requests_areTold() throws {
        var writer = FrontendWriter()
        writer.startupPacket(FrontendWriter.integer(80_877_103 as Int32))
        writer.startupPacket(FrontendWriter.integer(80_877_104 as Int32))
        writer.startupPacket(FrontendWriter.integer(80_877_102 as Int32) + FrontendWriter.integer(7 as Int32) + [1, 2, 3, 4])
        writer.startup([("user", "shop"), ("_pq_.x", "1"), ("user", "later")], version: 196_610)
        var decoder = FrontendDecoder()
        decoder.append(writer.bytes)
        XCTAssertEqual(try decoder.nextStartup(), .encryption)
        XCTAssertEqual(try decoder.nextStartup(), .gssEncryption)
        XCTAssertEqual(try decoder.nextStartup(), .cancel(processID: 7, key: [1, 2, 3, 4]))
        guard case .start(let startup)? = try decoder.nextStartup() else { return XCTFail("no startup") }
        XCTAssertEqual(startup["user"], "later")
        XCTAssertEqual(startup.minorVersion, 2)
        XCTAssertEqual(startup.unknownOptions, ["_pq_.x"])
    }

    func test_startup_lies_areRefused() throws {
        var bodies: [[UInt8]] = [
            FrontendWriter.integer(131_072 as Int32) + [0], FrontendWriter.integer(196_608 as Int32) + Array("user".utf8), FrontendWriter.integer(196_608 as Int32) + Array("a\0b\0".utf8),
            FrontendWriter.integer(196_608 as Int32) + [0, 0], FrontendWriter.integer(80_877_103 as Int32) + [0], FrontendWriter.integer(80_877_102 as Int32) + [0, 0, 0, 0],
        ]
        bodies.append(FrontendWriter.integer(196_608 as Int32) + [0x75, 0, 0xFF, 0, 0])
        for body in bodies {
            var writer = FrontendWriter()
            writer.startupPacket(body)
            var decoder = FrontendDecoder()
            decoder.append(writer.bytes)
            XCTAssertThrowsError(try decoder.nextStartup(), "\(body)") { XCTAssertEqual(($0 as? PostgresFault)?.severity, .fatal) }
        }
        for length: Int32 in [0, 7, -1, .min, .max, 10_001] {
            var decoder = FrontendDecoder()
            decoder.append(FrontendWriter.integer(length))
            XCTAssertThrowsError(try decoder.nextStartup(), "\(length)")
        }
        var tls = FrontendDecoder()
        tls.append([0x16, 3, 1])
        XCTAssertTrue(tls.beginsWithTLS)
        tls.forget()
        XCTAssertEqual(tls.pendingCount, 0)
    }

    func test_append_aMillionSmallMessages_holdsNoMoreThanOnePiece() throws {
        var writer = FrontendWriter()
        for _ in 0..<1_000 { writer.write(.sync) }
        var decoder = FrontendDecoder()
        decoder.phase = .session
        var count = 0
        for _ in 0..<1_000 {
            decoder.append(writer.bytes)
            while try decoder.next() != nil { count += 1 }
            XCTAssertEqual(decoder.pendingCount, 0)
        }
        XCTAssertEqual(count, 1_000_000)
    }
}
