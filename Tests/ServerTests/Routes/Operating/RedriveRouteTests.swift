import ColumnStore
import Ingest
import Server
import Synchronization
import TestSupport
import XCTest

/// Goal: a lot says whom it means and at what pace, and no number of it ends the server. Method: bodies with paces at the ends of their type, over HTTP.
final class RedriveRouteTests: XCTestCase {
    func test_paces_areOrdinaryNumbers() throws {
        let server = try TestServer()
        let client = server.client()
        for pace in ["0", "-1", "5e-324", "0.009", "1000.1", "1e308", "1e400", "\"10\"", "true"] {
            let answer = try client.post("/v1/dead-letters/redrive", #"{"ids":[],"per_second":\#(pace)}"#)
            XCTAssertEqual(answer.status, 400, "\(pace): \(answer.text)")
        }
        for pace in ["0.01", "1", "1000", "null"] {
            let answer = try client.post("/v1/dead-letters/redrive", #"{"ids":["a"],"per_second":\#(pace)}"#)
            XCTAssertEqual(answer.status, 200, "\(pace): \(answer.text)")
        }
    }

    func test_lots_sayWhomTheyMean() throws {
        let server = try TestServer()
        let client = server.client()
        XCTAssertEqual(try client.post("/v1/dead-letters/redrive", "{}").status, 400, "whoever names nothing does not mean everything")
        XCTAssertEqual(try client.post("/v1/dead-letters/redrive", #"{"filter":{"colour":"red"}}"#).status, 400)
        XCTAssertEqual(try client.post("/v1/dead-letters/redrive", #"{"filter":{"before":"yesterday"}}"#).status, 400)
        let counted = try client.post("/v1/dead-letters/redrive", #"{"filter":{},"dry_run":true}"#)
        XCTAssertEqual(try JSONParser.parse(counted.body)["count"]?.integer, 0, counted.text)
        let own = server.client(key: try server.key("c1", .readWrite, .own))
        XCTAssertEqual(try own.post("/v1/dead-letters/redrive", #"{"filter":{"client":"c2"}}"#).status, 403)
    }

    private static func letter(_ id: String, of client: String) -> DeadLetter {
        var receipt = FakeEngine.summary()
        receipt.clientID = client
        return DeadLetter(id: id, kind: .step, name: "tax", at: 0, reason: "no answer", attempts: 3, receipt: receipt)
    }

    /// A letter of another client than the one that is named is none of its own.
    func test_oneLetter_isOfTheClientThatIsNamed() throws {
        let server = try TestServer()
        server.engine.state.withLock { $0.letters = [Self.letter("a", of: "c1")] }
        let client = server.client()
        _ = try server.key("c2", .readWrite, .own)
        let other = try client.post("/v1/dead-letters/a/redrive?client=c2", "")
        XCTAssertEqual(other.status, 404, other.text)
        XCTAssertEqual(server.engine.state.withLock { $0.redriven }, [])
        let own = server.client(key: try server.key("c1", .readWrite, .own))
        XCTAssertEqual(try own.post("/v1/dead-letters/a/redrive?client=c2", "").status, 403)
        for query in ["?client=c1", ""] { XCTAssertEqual(try client.post("/v1/dead-letters/a/redrive\(query)", "").status, 202, query) }
        XCTAssertEqual(server.engine.state.withLock { $0.redriven }, ["a", "a"])
    }

    func test_whatIsNoFlag_sendsNothing() throws {
        let server = try TestServer()
        server.engine.state.withLock { $0.letters = [Self.letter("a", of: "c1")] }
        let client = server.client()
        for flag in [#""true""#, "1", "0", "[]", "{}", #""""#] {
            let answer = try client.post("/v1/dead-letters/redrive", #"{"filter":{},"dry_run":\#(flag)}"#)
            XCTAssertEqual(answer.status, 400, "\(flag): \(answer.text)")
            XCTAssertTrue(answer.text.contains(#""pointer":"/dry_run""#), answer.text)
        }
        XCTAssertEqual(try client.post("/v1/dead-letters/redrive", #"{"filter":{},"dry_run":true}"#).status, 200)
        usleep(200_000)
        XCTAssertEqual(server.engine.state.withLock { $0.redriven }, [])
    }

    func test_count_isOfThoseThatThereAre_andTheCallerSees() throws {
        let server = try TestServer()
        server.engine.state.withLock { state in
            state.letters = [Self.letter("a", of: "c1"), Self.letter("b", of: "c2")] + (0..<10_500).map { Self.letter("m\($0)", of: "c3") }
        }
        let (all, own) = (server.client(), server.client(key: try server.key("c1", .readWrite, .own)))
        func count(_ client: HTTPClient, _ body: String) throws -> Int? {
            let answer = try client.post("/v1/dead-letters/redrive", body)
            XCTAssertEqual(answer.status, 200, answer.text)
            return try JSONParser.parse(answer.body)["count"]?.integer
        }
        for (body, ofAll, ofOwn) in [
            (#"{"ids":["nothing"],"dry_run":true}"#, 0, 0), (#"{"ids":["a","a","a","a"],"dry_run":true}"#, 1, 1), (#"{"ids":["b"],"dry_run":true}"#, 1, 0),
            (#"{"ids":["b","a","nothing"],"dry_run":true}"#, 2, 1), (#"{"ids":[],"dry_run":true}"#, 0, 0), (#"{"filter":{},"dry_run":true}"#, 10_502, 1),
        ] {
            XCTAssertEqual(try count(all, body), ofAll, body)
            XCTAssertEqual(try count(own, body), ofOwn, body)
        }
        XCTAssertEqual(try all.post("/v1/dead-letters/redrive", #"{"ids":["a"],"filter":{},"dry_run":true}"#).status, 400)
        server.engine.state.withLock { state in state.letters = (0..<100_001).map { Self.letter("m\($0)", of: "c3") } }
        let tooMany = try all.post("/v1/dead-letters/redrive", #"{"filter":{},"dry_run":true}"#)
        XCTAssertEqual(tooMany.status, 400, "none is left out unsaid")
        XCTAssertTrue(tooMany.text.contains(#""pointer":"/filter""#), tooMany.text)
    }

    /// The letters that a filter looks through are charged as they are read, a page of as many as fit at a time.
    func test_lettersOfAFilter_areChargedWhileTheyAreRead() throws {
        var limits = DoorLimits()
        // One credential has 64 KiB.
        (limits.memory.all, limits.memory.bodyByteCount) = (128 << 10, 1)
        let server = try TestServer(limits: limits)
        server.engine.state.withLock { state in state.letters = (0..<40).map { Self.letter("m\($0)", of: "c1") } }
        let client = server.client()
        for (byteCount, status) in [(3_000, 200), (70_000, 413)] {
            server.engine.state.withLock { $0.pageByteCount = byteCount }
            // What the answer before it held is given back a moment after that was read.
            let answer = try XCTUnwrap(
                Patience.value { () -> HTTPClient.Answer? in
                    let answer = try client.post("/v1/dead-letters/redrive", #"{"filter":{},"dry_run":true}"#)
                    return answer.status == 503 ? nil : answer
                })
            XCTAssertEqual(answer.status, status, answer.text)
            if status == 200 { XCTAssertEqual(try JSONParser.parse(answer.body)["count"]?.integer, 40, answer.text) }
        }
    }

    /// A lot of two at the slowest pace sends its second letter after a hundred seconds.
    func test_lots_ofOneCredential_areFew() throws {
        let server = try TestServer()
        server.engine.state.withLock { $0.letters = [Self.letter("a", of: "c1"), Self.letter("b", of: "c1")] }
        let (all, own) = (server.client(), server.client(key: try server.key("c1", .readWrite, .own)))
        let slow = #"{"ids":["a","b"],"per_second":0.01}"#
        for _ in 0..<4 { XCTAssertEqual(try own.post("/v1/dead-letters/redrive", slow).status, 200) }
        let tooMany = try own.post("/v1/dead-letters/redrive", slow)
        XCTAssertEqual(tooMany.status, 429, tooMany.text)
        XCTAssertTrue(tooMany.text.contains("rate-limited"), tooMany.text)
        XCTAssertEqual(try own.post("/v1/dead-letters/redrive", #"{"filter":{},"dry_run":true}"#).status, 200, "a count takes no place")
        XCTAssertEqual(try own.post("/v1/dead-letters/redrive", #"{"ids":["nothing"]}"#).status, 200, "nor does nothing")
        XCTAssertEqual(try all.post("/v1/dead-letters/redrive", slow).status, 200, "others have places of their own")
    }

    func test_lots_giveTheirPlacesBack() throws {
        let server = try TestServer()
        server.engine.state.withLock { $0.letters = [Self.letter("a", of: "c1")] }
        let client = server.client()
        for number in 0..<10 {
            XCTAssertTrue(try Patience.until { try client.post("/v1/dead-letters/redrive", #"{"ids":["a"]}"#).status == 200 }, "\(number)")
        }
        XCTAssertTrue(Patience.until { server.engine.state.withLock { $0.redriven.count } == 10 })
    }

    func test_lot_hasTheRightsOfEachStep() throws {
        let server = try TestServer()
        server.engine.state.withLock { $0.letters = ["a", "b", "c"].map { Self.letter($0, of: "c1") } }
        let own = server.client(key: try server.key("c1", .readWrite, .own))
        XCTAssertEqual(try own.post("/v1/dead-letters/redrive", #"{"ids":["a","b"],"per_second":10}"#).status, 200)
        XCTAssertTrue(Patience.until { server.engine.state.withLock { $0.redriven } == ["a", "b"] })
        let engine = server.engine
        engine.state.withLock { state in
            state.redriven = []
            state.whenRedriven = { [weak engine] _ in _ = try? engine?.deleteContract("c1") }
        }
        XCTAssertEqual(try own.post("/v1/dead-letters/redrive", #"{"ids":["c","a","b"],"per_second":10}"#).status, 200)
        XCTAssertTrue(Patience.until { engine.state.withLock { !$0.redriven.isEmpty } })
        // Some steps long.
        usleep(400_000)
        XCTAssertEqual(engine.state.withLock { $0.redriven }, ["c"])
    }

    /// Whoever takes an operator's key away ends what was begun with it, by itself or by a session of it.
    func test_lot_endsWithItsKey() throws {
        for isOfSession in [false, true] {
            let server = try TestServer()
            let engine = server.engine
            engine.state.withLock { state in
                state.letters = ["a", "b", "c"].map { Self.letter($0, of: "c1") }
                state.whenRedriven = { [weak engine] _ in
                    guard let engine else { return }
                    engine.state.withLock { $0.keys = [:] }
                }
            }
            let key = try server.key(.admin)
            let client = server.client(key: isOfSession ? nil : key)
            let headers = try isOfSession ? session(server, key) : []
            let begun = try client.post("/v1/dead-letters/redrive", #"{"ids":["a","b","c"],"per_second":10}"#, headers)
            XCTAssertEqual(begun.status, 200, begun.text)
            XCTAssertTrue(Patience.until { engine.state.withLock { !$0.redriven.isEmpty } })
            // Some steps long.
            usleep(400_000)
            XCTAssertEqual(engine.state.withLock { $0.redriven }, ["a"])
        }
    }

    /// Who signs out has asked for it all the same.
    func test_lot_goesOnWhenItsSessionHasEnded() throws {
        let server = try TestServer()
        server.engine.state.withLock { $0.letters = ["a", "b", "c"].map { Self.letter($0, of: "c1") } }
        let (client, headers) = (server.client(key: nil), try session(server, try server.key("c1", .readWrite, .own)))
        let begun = try client.post("/v1/dead-letters/redrive", #"{"ids":["a","b","c"],"per_second":10}"#, headers)
        XCTAssertEqual(begun.status, 200, begun.text)
        XCTAssertEqual(try client.call("DELETE", "/v1/session", headers: headers).status, 204)
        XCTAssertTrue(Patience.until { server.engine.state.withLock { $0.redriven } == ["a", "b", "c"] })
    }

    /// What calls bear of a session that begins with that key.
    private func session(_ server: TestServer, _ key: String) throws -> [(String, String)] {
        let answer = try server.client(key: nil).post("/v1/session", #"{"key":"\#(key)"}"#)
        let cookie = try XCTUnwrap(answer.headers["set-cookie"]).prefix { $0 != ";" }
        return [("Cookie", String(cookie)), ("Till-CSRF", try XCTUnwrap(try JSONParser.parse(answer.body)["csrf"]?.text))]
    }

    /// A writer whose disk stands still keeps each letter waiting for half a minute.
    func test_figures_doNotWaitBehindALot() throws {
        let server = try TestServer()
        let isReleased = Monitor(false)
        defer { isReleased.broadcast { $0 = true } }
        server.engine.state.withLock { state in
            state.letters = [Self.letter("a", of: "c1")]
            state.whenRedriven = { _ in isReleased.wait { $0 ? () : nil } }
        }
        let client = server.client()
        XCTAssertEqual(try client.post("/v1/dead-letters/redrive", #"{"ids":["a"]}"#).status, 200)
        XCTAssertTrue(Patience.until { server.engine.state.withLock { $0.redriven } == ["a"] })
        XCTAssertEqual(try client.get("/metrics").status, 200)
    }
}
