import ColumnStore
import Foundation
import Synchronization
import TestSupport
import XCTest

/// Goal: a request has an answer to go by, or a failure that says what is known. Method: a strict double of S3 that fails as the test wants.
final class BucketClientTests: XCTestCase {
    private let transport = OutgoingClient(policy: nil)
    private var bucket = BucketDouble()

    override func setUp() { bucket = BucketDouble() }
    override func tearDown() {
        transport.close()
        bucket.close()
    }

    private func client(
        prefix: String = "store", region: String = "eu-central-1", chain: CredentialChain? = nil, _ change: (inout BucketOptions) -> Void = { _ in }
    ) throws -> BucketClient {
        var options = BucketOptions()
        (options.pauseMilliseconds, options.stallSeconds) = (1, 1)
        change(&options)
        let endpoint = try BucketEndpoint(url: "s3://receipts/\(prefix)", endpoint: bucket.endpoint, region: region, isPathStyle: true)
        return BucketClient(
            endpoint, region: region, credentials: chain ?? CredentialChain([StaticCredentials(bucket.credentials)]), transport: transport, options: options)
    }

    private func failure(_ body: () throws -> Void, _ place: StaticString = #filePath, _ line: UInt = #line) -> BucketFailure? {
        do { try body() } catch { return error as? BucketFailure }
        XCTFail("did not fail", file: place, line: line)
        return nil
    }

    /// Each fault once for each kind of request, in turn.
    private func failOnce(_ fault: BucketDouble.Fault, when: @escaping @Sendable (BucketDouble.Seen) -> Bool = { _ in true }) {
        let isDone = Atomic<Bool>(false)
        bucket.fail { when($0) && !isDone.exchange(true, ordering: .relaxed) ? fault : nil }
    }

    // MARK: What there is

    func test_objects_putReadHeadDelete_andOddKeys() throws {
        let client = try client()
        for key in ["a", "a/b=c/d e+f%20.parquet", "ä中😀", "a//b/../c", "?x=1&y#z", ";,:@'()*!"] {
            let bytes = Array("content of \(key)".utf8)
            let tag = try client.put(key, bytes)
            let head = try client.head(key)
            XCTAssertEqual(head?.byteCount, Int64(bytes.count), key)
            XCTAssertEqual(head?.tag, tag, key)
            XCTAssertEqual(try client.get(key, byteCountMax: 100).bytes, bytes)
            XCTAssertEqual(try client.get(key, range: 3..<7).bytes, Array(bytes[3..<7]))
            XCTAssertEqual(try client.tail(key, byteCount: 4).bytes, Array(bytes.suffix(4)))
            XCTAssertEqual(try client.tail(key, byteCount: 4_000).bytes, bytes)
            XCTAssertEqual(bucket.objects["store/\(key)"], bytes)
            try client.delete(key)
            try client.delete(key)
            XCTAssertNil(try client.head(key))
            XCTAssertEqual(failure { _ = try client.get(key, byteCountMax: 9) }?.kind, .notFound)
        }
        try client.put("empty", [])
        XCTAssertEqual(try client.get("empty", byteCountMax: 0).bytes, [])
        XCTAssertEqual(try client.tail("empty", byteCount: 9).head.byteCount, 0)
    }

    func test_ranges_pastTheEnd_orTooLong_areSaid() throws {
        let client = try client()
        let tag = try client.put("a", Array(0..<10))
        XCTAssertEqual(failure { _ = try client.get("a", range: 5..<11) }?.kind, .noSuchRange)
        XCTAssertEqual(failure { _ = try client.get("a", range: 10..<11) }?.kind, .noSuchRange)
        XCTAssertEqual(failure { _ = try client.get("a", range: 0..<Int64.max) }?.kind, .noSuchRange)
        XCTAssertEqual(failure { _ = try client.get("a", range: 3..<3) }?.kind, .noSuchRange)
        XCTAssertEqual(failure { _ = try client.get("a", byteCountMax: 9) }?.code, "TooLong")
        XCTAssertEqual(try client.get("a", range: 0..<10, tag: tag).bytes.count, 10)
        bucket.store("store/a", Array(0..<10))
        XCTAssertEqual(failure { _ = try client.get("a", range: 0..<10, tag: tag) }?.kind, .lostRace)
    }

    func test_list_manyPages_givesEachOnce() throws {
        let client = try client()
        let keys = (0..<37).map { "f/\($0) ä&<" } + ["g", "f"]
        for key in keys { try client.put(key, Array(key.utf8)) }
        bucket.store("storehouse/f/1", [1])
        for pageCount in [1, 7, 37, 1_000] {
            var found: [String: Int64] = [:]
            try client.list(prefix: "f/", pageCount: pageCount) { XCTAssertNil(found.updateValue($0.byteCount, forKey: $0.key)) }
            XCTAssertEqual(Set(found.keys), Set(keys.filter { $0.hasPrefix("f/") }), "\(pageCount) a page")
        }
        XCTAssertEqual(try client.folders(), ["f"])
    }

    func test_listing_thatGoesInACircle_ends() throws {
        let client = try client()
        let bucket = bucket
        for length in [1, 2, 3, 7] {
            bucket.forgetSeen()
            bucket.fail { seen in
                let number = seen.query["continuation-token"].flatMap { Int($0) } ?? 0
                let next = "<NextContinuationToken>\((number + 1) % length)</NextContinuationToken>"
                return .body("<ListBucketResult><IsTruncated>true</IsTruncated>\(next)</ListBucketResult>", isDone: false)
            }
            let scope = WaitScope(isCancelled: { bucket.seen.count > 200 })
            XCTAssertThrowsError(try WaitScope.run(scope) { try client.list(prefix: "") { _ in } }, "\(length)") { XCTAssertTrue("\($0)".contains("goes in a circle"), "\($0)") }
            XCTAssertEqual(WaitScope.run(scope) { self.failure { _ = try client.folders() } }?.code, "OddAnswer", "\(length)")
        }
    }

    /// As characters the slash and the mark are one: the key would be read as another one's.
    func test_listing_ofAKeyThatBeginsWithAMark_isThatKey() throws {
        let client = try client()
        bucket.fail { _ in .body("<ListBucketResult><Contents><Key>store/\u{301}a</Key><Size>1</Size></Contents></ListBucketResult>", isDone: false) }
        var keys: [[UInt8]] = []
        try client.list(prefix: "") { keys.append(Array($0.key.utf8)) }
        XCTAssertEqual(keys, [Array("\u{301}a".utf8)])
    }

    /// A client's own file may be one.
    func test_objectThatIsAnErrorInXML_isReadAsItIs() throws {
        let client = try client()
        let bytes = Array("<Error><Code>SlowDown</Code></Error>".utf8)
        try client.put("a", bytes)
        XCTAssertEqual(try client.get("a", byteCountMax: 100).bytes, bytes)
        XCTAssertEqual(try client.get("a", range: 0..<Int64(bytes.count)).bytes, bytes)
        XCTAssertEqual(try client.tail("a", byteCount: 100).bytes, bytes)
    }

    func test_sumOfAnObject_thatIsAnother_isSaid() throws {
        let client = try client()
        try client.put("a", [1, 2, 3])
        bucket.corrupt("store/a")
        XCTAssertEqual(failure { _ = try client.get("a", byteCountMax: 9) }?.kind, .corrupt)
    }

    // MARK: Conditions

    func test_conditions_holdOrLose() throws {
        let client = try client()
        let first = try client.put("a", [1], if: .absent)
        XCTAssertEqual(failure { try client.put("a", [2], if: .absent) }?.kind, .lostRace)
        let second = try client.put("a", [3], if: .matches(tag: first))
        XCTAssertEqual(failure { try client.put("a", [4], if: .matches(tag: first)) }?.kind, .lostRace)
        try client.put("a", [5], if: .matches(tag: second))
        XCTAssertEqual(failure { try client.put("gone", [4], if: .matches(tag: first)) }?.kind, .lostRace)
        // An answer that came without an ETag: a header that is empty goes nowhere.
        XCTAssertEqual(failure { try client.put("a", [6], if: .matches(tag: "")) }?.kind, .corrupt)
        XCTAssertEqual(bucket.objects["store/a"], [5])
    }

    /// Done, and not answered: the next try loses against the first, and must not say that another was first.
    func test_conditionalPuts_appliedWithoutAnAnswer_succeed() throws {
        let client = try client()
        let first = try client.put("swapped", [0])
        for (number, fault) in [BucketDouble.Fault.dropAfter, .answerAfter(status: 500, code: "InternalError"), .answerAfter(status: 503, code: "ServiceUnavailable")].enumerated() {
            failOnce(fault) { $0.method == "PUT" }
            try client.put("a\(number)", [7], if: .absent)
            XCTAssertEqual(bucket.objects["store/a\(number)"], [7])
        }
        failOnce(.dropAfter) { $0.method == "PUT" }
        try client.put("swapped", [1], if: .matches(tag: first))
        XCTAssertEqual(bucket.objects["store/swapped"], [1])
    }

    /// Another has come in between: the one without an answer lost, whatever answer it got.
    func test_conditionalPut_withoutAnAnswer_andAnotherWasFirst_loses() throws {
        let client = try client()
        let bucket = bucket
        bucket.fail { seen in
            guard seen.method == "PUT" else { return nil }
            bucket.store("store/a", [9])
            return .drop
        }
        XCTAssertEqual(failure { try client.put("a", [7], if: .absent) }?.kind, .lostRace)
        XCTAssertEqual(bucket.objects["store/a"], [9])
    }

    func test_conflict409_isTriedAgain() throws {
        failOnce(.answer(status: 409, code: "ConditionalRequestConflict"))
        try client().put("a", [1], if: .absent)
        XCTAssertEqual(bucket.seen.count, 2)
    }

    // MARK: Faults

    func test_passingFaults_areTriedAgain() throws {
        let client = try client()
        try client.put("a", Array(0..<100))
        let faults: [BucketDouble.Fault] = [
            .answer(status: 503, code: "SlowDown"), .answer(status: 500, code: "InternalError"), .answer(status: 400, code: "RequestTimeout"), .drop, .torn,
            .answer(status: 429, code: "TooManyRequests"), .stall(milliseconds: 3_000), .delay(milliseconds: 10), .answer(status: 502, code: ""),
        ]
        for fault in faults {
            failOnce(fault)
            XCTAssertEqual(try client.get("a", range: 10..<90).bytes, Array(10..<90), "\(fault)")
        }
        let figures = client.counters.figures
        // One fault is a delay only, and what is dropped on a connection that was kept libcurl sends again by itself.
        XCTAssertTrue((faults.count - 2...faults.count - 1).contains(figures.retryCount), "\(figures)")
        XCTAssertEqual(figures.throttledCount, 2)
        XCTAssertEqual(figures.requests, [.put: 1, .get: faults.count + figures.retryCount])
        XCTAssertEqual(figures.failureCount, 0)
    }

    func test_faultsThatStay_endWithTheTries_andSayWhetherItMayBeDone() throws {
        let client = try client { $0.attemptCountMax = 3 }
        bucket.fail { _ in .answer(status: 503, code: "SlowDown") }
        var failed = failure { try client.put("a", [1]) }
        XCTAssertEqual(failed?.kind, .unavailable)
        XCTAssertEqual(failed?.code, "SlowDown")
        XCTAssertEqual(failed?.mayHaveApplied, false)
        XCTAssertEqual(failed?.requestID, "4442587FB7D0A2F9")
        XCTAssertEqual(bucket.seen.count, 3)
        bucket.fail { _ in .dropAfter }
        failed = failure { try client.put("b", [1], if: .absent) }
        XCTAssertEqual(failed?.kind, .unavailable)
        XCTAssertEqual(failed?.mayHaveApplied, true, "nothing is known: not even the look afterwards had an answer")
        XCTAssertGreaterThan(client.counters.figures.failureCount, 0)
    }

    func test_bucketThatIsGone_isUnavailable_andWasNeverAsked() throws {
        let client = try client { ($0.attemptCountMax, $0.deadlineMilliseconds) = (3, 2_000) }
        bucket.close()
        let failed = failure { try client.put("a", [1], if: .absent) }
        XCTAssertEqual(failed?.kind, .unavailable)
        XCTAssertEqual(failed?.mayHaveApplied, false)
    }

    func test_deadline_endsTheTries() throws {
        let client = try client { ($0.attemptCountMax, $0.deadlineMilliseconds, $0.pauseMilliseconds) = (1_000_000, 300, 20) }
        bucket.fail { _ in .answer(status: 500, code: "InternalError") }
        XCTAssertEqual(failure { _ = try client.head("a") }?.kind, .unavailable)
        XCTAssertLessThan(bucket.seen.count, 1_000)
    }

    func test_refusals_sayWhatToMend() throws {
        for says in ["the bucket is in eu-central-1", "storage.region", "log.region"] {
            XCTAssertTrue(failure { _ = try client(region: "us-west-2").get("a", byteCountMax: 1) }?.detail.contains(says) == true, says)
        }
        for (id, secret, code) in [("AKIANONE", "x", "InvalidAccessKeyId"), ("AKIADOUBLE", "wrong", "SignatureDoesNotMatch")] {
            let chain = CredentialChain([StaticCredentials(AWSCredentials(accessKeyID: id, secretAccessKey: secret))])
            let failed = failure { _ = try client(chain: chain).get("a", byteCountMax: 1) }
            XCTAssertEqual(failed?.kind, .refused)
            XCTAssertEqual(failed?.code, code)
            XCTAssertTrue(failed?.detail.contains("storage.credentials") == true, "\(String(describing: failed))")
        }
        bucket.fail { _ in .answer(status: 403, code: String(repeating: "x", count: 5_000)) }
        XCTAssertEqual(failure { _ = try client().get("a", byteCountMax: 1) }?.code.count, 100, "words of anybody's")
        bucket.fail { _ in .answer(status: 403, code: "x" + String(repeating: "\u{301}", count: 5_000)) }
        XCTAssertEqual(failure { _ = try client().get("a", byteCountMax: 1) }?.code.unicodeScalars.count, 100, "one character, and its marks")
        bucket.forgetSeen()
        bucket.fail { _ in .answer(status: 404, code: "NoSuchBucket") }
        let gone = failure { _ = try client().get("a", byteCountMax: 1) }
        XCTAssertEqual(gone?.kind, .refused)
        XCTAssertTrue(gone?.detail.contains("log.url") == true, "which of them it is nobody knows here: \(gone?.detail ?? "")")
        XCTAssertEqual(bucket.seen.count, 1, "trying again does not help")
        let none = failure { _ = try client(chain: CredentialChain([])) { $0.attemptCountMax = 2 }.head("a") }
        XCTAssertEqual(none?.code, "NoCredentials")
    }

    // MARK: Keys and clocks

    private final class Renewing: CredentialSource {
        let name = "a test"
        let count = Mutex(0)
        func fetch() -> AWSCredentials? {
            count.withLock { count in
                count += 1
                return AWSCredentials(accessKeyID: "ASIA", secretAccessKey: "s", sessionToken: "t\(count)")
            }
        }
    }

    func test_endedToken_isRenewed_forEveryMethod() throws {
        let source = Renewing()
        let client = try client(chain: CredentialChain([source]))
        func next(_ number: Int) { bucket.allow(AWSCredentials(accessKeyID: "ASIA", secretAccessKey: "s", sessionToken: "t\(number)")) }
        next(1)
        try client.put("a", [1])
        next(2)
        XCTAssertEqual(try client.get("a", byteCountMax: 1).bytes, [1])
        next(3)
        XCTAssertEqual(try client.head("a")?.byteCount, 1, "HEAD has no words for it")
        XCTAssertEqual(source.count.withLock { $0 }, 3)
    }

    /// As of a file that somebody writes anew before he deletes the key that was in it.
    private final class Rotated: CredentialSource {
        let name = "a test"
        let key = Mutex("AKIAONE")
        func fetch() -> AWSCredentials? { AWSCredentials(accessKeyID: key.withLock { $0 }, secretAccessKey: "s", expiresAtSeconds: Int64.max) }
    }

    func test_keyWithoutAToken_thatWasDeleted_isReadAnew() throws {
        let source = Rotated()
        let client = try client(chain: CredentialChain([source]))
        for (name, body) in [("AKIAONE", { try client.put("a", [1]) }), ("AKIATWO", { _ = try client.get("a", byteCountMax: 1) }), ("AKIATHREE", { _ = try client.head("a") })] as [(String, () throws -> Void)] {
            source.key.withLock { $0 = name }
            bucket.allow(try XCTUnwrap(source.fetch()))
            XCTAssertNoThrow(try body(), name)
        }
    }

    /// STS gives other keys each time it is asked, and HEAD has no words that tell ended keys from such without the right.
    func test_keysThatAreRefusedAsEnded_howeverNew_endTheRequest() throws {
        let source = Renewing()
        let client = try client(chain: CredentialChain([source]))
        bucket.allow()
        let scope = WaitScope(isCancelled: { source.count.withLock { $0 } > 20 })
        let failed = WaitScope.run(scope) { self.failure { _ = try client.head("a") } }
        XCTAssertEqual(failed?.kind, .refused)
        XCTAssertEqual(source.count.withLock { $0 }, 3)
    }

    func test_clockOfTheMachineThatIsWrong_isSetByTheService() throws {
        let client = try client()
        for offset: Int64 in [86_400, -7_200, 0] {
            bucket.setClock(offset: offset)
            try client.put("a\(offset)", [1])
        }
        XCTAssertEqual(client.counters.figures.retryCount, 3)
    }

    /// HEAD has no words for it. That an object is not there says that the time was right, too.
    func test_clockOfTheMachineThatIsWrong_isSetByARefusalOfHEAD() throws {
        let client = try client()
        bucket.store("store/a", [1])
        for offset: Int64 in [86_400, -7_200, 0] {
            bucket.setClock(offset: offset)
            XCTAssertNil(try client.head("none"))
            XCTAssertEqual(try client.head("a")?.byteCount, 1)
        }
        XCTAssertEqual(client.counters.figures.retryCount, 3)
    }

    /// Dates are anybody's: one that does not help is gone by once, and by no other request.
    func test_datesOfRefusals_countOnceTheyHaveHelped() throws {
        let (stamps, date, words) = (Monitor<[String]>([]), Monitor(""), Monitor(""))
        let server = TestHTTPServer { request in
            let stamp = request.headers["x-amz-date"] ?? ""
            stamps.withLock { $0.append(stamp) }
            if stamp.hasPrefix("2999"), !words.withLock({ $0.isEmpty }) { return .init(status: 204) }
            return .init(status: 403, headers: [("Date", date.withLock { $0 })], body: words.withLock { $0 })
        }
        defer { server.close() }
        let endpoint = try BucketEndpoint(url: "s3://receipts/store", endpoint: "http://127.0.0.1:\(server.port)", region: "eu-central-1", isPathStyle: true)
        let client = BucketClient(endpoint, region: "eu-central-1", credentials: CredentialChain([StaticCredentials(bucket.credentials)]), transport: transport)
        let dates = [
            ("Fri, 02 Jan 1970 12:00:00 GMT", "19700102"), ("Tue, 31 Dec 2999 12:00:00 GMT", "29991231"), ("", nil), ("soon", nil), ("Fri, 31 Dec 9999 23:59:59 GMT", nil),
            ("Fri, 31 Dec 99999999999999999999 23:59:59 GMT", nil), ("-9223372036854775808", nil), ("Mon, 32 Feb -1 99:99:99 +9999", nil),
        ] as [(String, String?)]
        for (text, second) in dates {
            date.withLock { $0 = text }
            stamps.withLock { $0 = [] }
            XCTAssertEqual(failure { _ = try client.head("a") }?.kind, .refused, text)
            XCTAssertEqual(failure { try client.delete("a") }?.kind, .refused, text)
            let seen = stamps.withLock { $0 }
            if let second {
                XCTAssertEqual(seen.map { $0.hasPrefix(second) }, [false, true, false, true], text)
            } else {
                XCTAssertTrue((2...4).contains(seen.count), "\(text): \(seen)")
            }
        }
        // Some have other words for it.
        words.withLock { $0 = "<Error><Code>SignatureDoesNotMatch</Code><Message>m</Message></Error>" }
        date.withLock { $0 = "Tue, 31 Dec 2999 12:00:00 GMT" }
        stamps.withLock { $0 = [] }
        try client.delete("a")
        try client.delete("a")
        XCTAssertEqual(stamps.withLock { $0 }.map { $0.hasPrefix("29991231") }, [false, true, true])
    }

    /// Whether it is there again is asked with words where it is refused without.
    func test_trialThatIsRefused_isAskedByGET() throws {
        let client = try client { $0.trialMilliseconds = 1 }
        bucket.fail { _ in .answer(status: 403, code: "AccessDenied") }
        XCTAssertEqual(failure { _ = try client.head("a") }?.kind, .refused)
        XCTAssertTrue(Patience.until { bucket.seen.contains { $0.method == "GET" && $0.key == "store/store" && $0.headers["range"] == "bytes=0-0" } })
        XCTAssertNotNil(client.health.outage)
        bucket.fail { $0.method == "HEAD" ? .answer(status: 403, code: "AccessDenied") : nil }
        XCTAssertTrue(Patience.until { client.health.outage == nil })
    }

    /// To HEAD a bucket that is gone is like one without the object.
    func test_bucketThatIsGone_isDown_untilItIsThereAgain() throws {
        let client = try client { $0.trialMilliseconds = 1 }
        bucket.fail { _ in .answer(status: 404, code: "NoSuchBucket") }
        XCTAssertEqual(failure { try client.put("a", [1]) }?.code, "NoSuchBucket")
        XCTAssertTrue(Patience.until { bucket.seen.count { $0.method == "HEAD" } > 5 }, "a trial has ended it")
        XCTAssertNotNil(client.health.outage)
        bucket.fail(nil)
        XCTAssertTrue(Patience.until { client.health.outage == nil })
    }

    /// One file that somebody has moved to an archive class must not end the questions over all others.
    func test_refusalOfOneObject_isNoOutage() throws {
        let client = try client { $0.trialMilliseconds = 3_600_000 }
        for key in ["a", "b"] { bucket.store("store/\(key)", [1]) }
        for (status, code) in [(403, "InvalidObjectState"), (403, "AccessDenied"), (400, "EntityTooLarge"), (405, "MethodNotAllowed"), (501, "NotImplemented")] {
            bucket.forgetSeen()
            bucket.fail { $0.key.hasSuffix("/a") ? .answer(status: status, code: code) : nil }
            let failed = failure { _ = try client.get("a", range: 0..<1) }
            XCTAssertEqual(failed?.kind, .refused, code)
            XCTAssertEqual(failed?.code, code)
            XCTAssertEqual(failed?.detail.contains("lifecycle rules"), code == "InvalidObjectState", "\(String(describing: failed))")
            XCTAssertEqual(bucket.seen.count { $0.key.hasSuffix("/a") }, 1, "\(code): trying again does not help")
            XCTAssertEqual(bucket.seen.count > 1, code == "AccessDenied", "\(code): whether it is the bucket is asked where only that tells")
            XCTAssertNil(client.health.outage, code)
            XCTAssertEqual(try client.get("b", range: 0..<1).bytes, [1], code)
        }
    }

    /// Keys that may read and not write are no outage, and a HEAD that is refused has no words.
    func test_refusalOfOneMethod_isNoOutage_howeverOftenItComes() throws {
        let client = try client { $0.trialMilliseconds = 3_600_000 }
        bucket.store("store/b", [1])
        bucket.fail { $0.method == "PUT" || $0.method == "HEAD" ? .answer(status: 403, code: "AccessDenied") : nil }
        for _ in 0..<3 {
            XCTAssertEqual(failure { try client.put("a", [1]) }?.code, "AccessDenied")
            XCTAssertEqual(failure { _ = try client.head("b") }?.kind, .refused)
            XCTAssertNil(client.health.outage)
            XCTAssertEqual(try client.get("b", range: 0..<1).bytes, [1])
            XCTAssertEqual(client.health.refusedWrite?.code, "AccessDenied", "it is told until a put is taken")
        }
        bucket.fail(nil)
        try client.put("a", [1])
        XCTAssertNil(client.health.refusedWrite)
        // Nor is it told any more where the right is there, and the object is not.
        bucket.fail { $0.method == "DELETE" ? .answer(status: 403, code: "AccessDenied") : nil }
        XCTAssertEqual(failure { try client.delete("a") }?.code, "AccessDenied")
        XCTAssertEqual(client.health.refusedWrite?.code, "AccessDenied")
        bucket.fail { $0.method == "DELETE" ? .answer(status: 404, code: "NoSuchKey") : nil }
        try client.delete("a")
        XCTAssertNil(client.health.refusedWrite)
        // Where the trial is refused as well it is the bucket.
        bucket.fail { _ in .answer(status: 403, code: "AccessDenied") }
        XCTAssertEqual(failure { _ = try client.get("b", range: 0..<1) }?.code, "AccessDenied")
        XCTAssertNotNil(client.health.outage)
    }

    /// The trial reads: without that right it is refused as well.
    func test_refusalOfReading_isAnOutage_thoughPutsWouldBeTaken() throws {
        let client = try client { $0.trialMilliseconds = 1 }
        bucket.store("store/b", [1])
        bucket.fail { $0.method == "GET" || $0.method == "HEAD" ? .answer(status: 403, code: "AccessDenied") : nil }
        try client.put("a", [1])
        XCTAssertNil(client.health.outage)
        XCTAssertEqual(failure { _ = try client.get("b", range: 0..<1) }?.code, "AccessDenied")
        XCTAssertEqual(client.health.outage?.failure.code, "AccessDenied")
        bucket.forgetSeen()
        XCTAssertEqual(failure { try client.put("a", [1]) }?.kind, .refused)
        XCTAssertEqual(bucket.seen.count { $0.method == "PUT" }, 0, "what is refused meanwhile is not sent")
        bucket.fail(nil)
        XCTAssertTrue(Patience.until { client.health.outage == nil })
    }

    /// Who lends keys and hangs has no more of a request's time than it has itself.
    func test_keysThatDoNotCome_endTheRequestInItsTime() throws {
        let keys = bucket.credentials
        let (late, cancelled) = (WaitingSource(keys), WaitingSource(keys))
        defer { for source in [late, cancelled] { source.open() } }
        let failed = failure { _ = try client(chain: CredentialChain([late])) { $0.deadlineMilliseconds = 50 }.head("a") }
        XCTAssertEqual(failed?.code, "NoCredentials")
        XCTAssertEqual(failed?.mayHaveApplied, false)
        let scope = WaitScope(isCancelled: { cancelled.count > 0 })
        let givenUp = WaitScope.run(scope) { self.failure { _ = try self.client(chain: CredentialChain([cancelled])).head("a") } }
        XCTAssertEqual(givenUp?.kind, .cancelled)
        XCTAssertEqual(bucket.seen.count, 0)
    }

    // MARK: Memory, giving up

    func test_requests_atOnce_keepWithinTheirRoom() throws {
        let client = try client { $0.memoryByteCount = 3_000 }
        try client.put("a", [UInt8](repeating: 7, count: 2_000))
        let highest = Mutex(0)
        DispatchQueue.concurrentPerform(iterations: 16) { _ in
            XCTAssertEqual(try? client.get("a", range: 0..<2_000).bytes.count, 2_000)
            highest.withLock { $0 = max($0, client.room.heldByteCount) }
        }
        XCTAssertLessThanOrEqual(highest.withLock { $0 }, 3_000)
        XCTAssertEqual(client.room.heldByteCount, 0)
        XCTAssertEqual(try client.get("a", byteCountMax: 1 << 20).bytes.count, 2_000, "what is larger than all room has it alone")
    }

    func test_givenUp_endsAtOnce() throws {
        let client = try client()
        try client.put("a", [1])
        bucket.fail { _ in .delay(milliseconds: 4_000) }
        let isCancelled = Atomic<Bool>(false)
        let tally = RequestTally()
        DispatchQueue.global().asyncAfter(deadline: .now() + 0.05) { isCancelled.store(true, ordering: .relaxed) }
        let failed = WaitScope.run(WaitScope(isCancelled: { isCancelled.load(ordering: .relaxed) }, tally: tally)) { self.failure { _ = try client.get("a", byteCountMax: 1) } }
        XCTAssertEqual(failed?.kind, .cancelled)
        XCTAssertEqual(tally.requestCount, 1)
        XCTAssertEqual(client.counters.figures.failureCount, 0)
    }
}
