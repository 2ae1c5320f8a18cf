import Foundation
import Synchronization
import TestSupport
import XCTest

@testable import ColumnStore

/// Goal: readers are lent keys with which some folders can be read and nothing else, and an STS that gives none holds up nobody. Method: a double of STS that checks
/// what it is asked, and a clock that the test turns.
final class KeyLenderTests: XCTestCase {
    private let client = OutgoingClient(policy: nil)
    private let service = TokenServiceDouble()

    override func tearDown() {
        client.close()
        service.close()
    }

    private static let role = "arn:aws:iam::123456789012:role/readers"

    private func lender(
        _ endpoint: String? = nil, _ clock: @escaping @Sendable () -> Int64 = { SigningInstant.now.seconds },
        steadyClock: @escaping @Sendable () -> UInt64 = { SteadyClock.bootNanoseconds() }
    ) throws -> KeyLender {
        let keys = AWSCredentials(accessKeyID: "AKIADOUBLE", secretAccessKey: "double/secret+key")
        return try KeyLender(
            of: try XCTUnwrap(RoleName(Self.role)), region: "eu-central-1", environment: ["AWS_ENDPOINT_URL_STS": endpoint ?? service.endpoint],
            credentials: CredentialChain([StaticCredentials(keys)]), client: client, clock: clock, steadyClock: steadyClock)
    }

    func test_roleName_isARole() {
        for name in ["arn:aws:iam::123456789012:role/readers", "arn:aws-cn:iam::1:role/a/b+=,.@_-c", "arn:aws:iam:::role/r"] { XCTAssertNotNil(RoleName(name), name) }
        for name in [
            "", "arn:", "arn:aws:iam::1:role/", "arn:aws:iam::1:user/u", "arn::iam::1:role/r", "arn:aws:sts::1:role/r", "arn:aws:iam:eu:1:role/r", "arn:aws:iam::1:role/a b",
            "arn:aws:iam::1:role/*", "arn:aws:iam::1:role/${x}", "arn:a\"b:iam::1:role/r", "xarn:aws:iam::1:role/r", "arn:aws:iam::1:role/" + String(repeating: "r", count: 2_048),
        ] { XCTAssertNil(RoleName(name), name) }
    }

    func test_policy_isOfTheFoldersAlone_andOfPlainNames() throws {
        let role = try XCTUnwrap(RoleName("arn:aws-cn:iam::1:role/r"))
        let policy = try ReadPolicy(reading: ["s3://warehouse/a/t_history/", "s3://warehouse/a/t"], of: role)
        let value = try JSONParser.parse(Array(policy.text.utf8))
        let statements = try XCTUnwrap(value["Statement"]?.array)
        XCTAssertEqual(value["Version"]?.text, "2012-10-17")
        XCTAssertEqual(statements.map { $0["Action"]?.text }, ["s3:GetObject", "s3:ListBucket"])
        XCTAssertEqual(statements[0]["Resource"]?.array?.map(\.text), ["arn:aws-cn:s3:::warehouse/a/t/*", "arn:aws-cn:s3:::warehouse/a/t_history/*"], "a folder whose name begins alike is another")
        XCTAssertEqual(statements[1]["Resource"]?.text, "arn:aws-cn:s3:::warehouse")
        XCTAssertEqual(statements[1]["Condition"]?["StringLike"]?["s3:prefix"]?.array?.map(\.text), ["a/t/*", "a/t_history/*"])
        for locations in [
            [], ["s3://warehouse"], ["s3://warehouse/"], ["s3://warehouse/*"], ["s3://warehouse/a?"], ["s3://warehouse/${aws:userid}"], ["s3://warehouse/a\"b"], ["s3://ware*/a"],
            ["s3://warehouse/../a"], ["file:///warehouse/a"], ["s3://warehouse/a", "s3://other/a"], (0..<100).map { "s3://warehouse/some-rather-long-name-\($0)" },
        ] { XCTAssertThrowsError(try ReadPolicy(reading: locations, of: role), "\(locations)") }
    }

    func test_keys_areAskedForOnce_andAnewBeforeTheyEnd() throws {
        let start = SigningInstant.now.seconds
        let now = Mutex(start)
        let lender = try lender(nil) { now.withLock { $0 } }
        let first = try lender.keys(toRead: ["s3://warehouse/a/t/"])
        XCTAssertEqual([first.accessKeyID, first.secretAccessKey, first.sessionToken], [TokenServiceDouble.keyID(1), "lent/secret&1", "lent-token-1=="])
        let form = try XCTUnwrap(service.asked.first)
        XCTAssertEqual([form["RoleArn"], form["DurationSeconds"]], [Self.role, "3600"])
        XCTAssertEqual(form["Policy"], try ReadPolicy(reading: ["s3://warehouse/a/t"], of: try XCTUnwrap(RoleName(Self.role))).text)
        XCTAssertEqual(try lender.keys(toRead: ["s3://warehouse/a/t"]), first)
        XCTAssertEqual(try lender.keys(toRead: ["s3://warehouse/a/u"]).accessKeyID, TokenServiceDouble.keyID(2), "others are for another table")
        now.withLock { $0 = start + 3_600 - 901 }
        XCTAssertEqual(try lender.keys(toRead: ["s3://warehouse/a/t"]), first)
        now.withLock { $0 = start + 3_600 - 800 }
        service.lend(until: start + 90_000)
        let next = try lender.keys(toRead: ["s3://warehouse/a/t"])
        XCTAssertEqual(next.accessKeyID, TokenServiceDouble.keyID(3))
        XCTAssertEqual(next.expiresAtSeconds, start + 3_600 - 800 + 3_600, "no longer than they were asked for")
    }

    func test_lend_saysKeysInTheWordsOfReaders_underANameThatIsNoSecret() throws {
        let lent = try lender().lend(toRead: ["s3://warehouse/t"])
        XCTAssertEqual(lent.name, TokenServiceDouble.keyID(1))
        XCTAssertEqual(lent.properties.map(\.name), ["s3.access-key-id", "s3.secret-access-key", "s3.session-token", "s3.session-token-expires-at-ms"])
        XCTAssertEqual(lent.properties.dropLast().map(\.value), [TokenServiceDouble.keyID(1), "lent/secret&1", "lent-token-1=="])
        XCTAssertTrue(lent.properties.last?.value.hasSuffix("000") == true, "whole seconds, in milliseconds")
    }

    func test_stsThatGivesNone_isLeftAloneForAWhile_andTheOldAreLentMeanwhile() throws {
        let start = SigningInstant.now.seconds
        let now = Mutex(start)
        let lender = try lender(nil) { now.withLock { $0 } }
        let first = try lender.keys(toRead: ["s3://warehouse/t"])
        service.fail { _ in .answer(status: 503, code: "ServiceUnavailable") }
        XCTAssertThrowsError(try lender.keys(toRead: ["s3://warehouse/u"])) { XCTAssertTrue("\($0)".contains("ServiceUnavailable: as the test wants"), "\($0)") }
        XCTAssertThrowsError(try lender.keys(toRead: ["s3://warehouse/v"]), "it gives nobody an answer")
        XCTAssertEqual(service.asked.count, 2)
        now.withLock { $0 = start + 11 }
        service.fail { form in form["Policy"]?.contains("/u/") == true ? .answer(status: 403, code: "AccessDenied") : nil }
        XCTAssertThrowsError(try lender.keys(toRead: ["s3://warehouse/u"]))
        XCTAssertEqual(try lender.keys(toRead: ["s3://warehouse/v"]).accessKeyID, TokenServiceDouble.keyID(4), "what it refuses is of one table")
        XCTAssertThrowsError(try lender.keys(toRead: ["s3://warehouse/u"]))
        XCTAssertEqual(service.asked.count, 4)
        // Near their end, and then past what a reader can do with.
        service.fail { _ in .answer(status: 500, code: "InternalFailure") }
        now.withLock { $0 = start + 3_600 - 301 }
        XCTAssertEqual(try lender.keys(toRead: ["s3://warehouse/t"]), first)
        XCTAssertEqual(try lender.keys(toRead: ["s3://warehouse/t"]), first)
        XCTAssertEqual(service.asked.count, 5)
        now.withLock { $0 = start + 3_600 - 299 }
        XCTAssertEqual(try lender.keys(toRead: ["s3://warehouse/t"]), first, "they hold still")
        XCTAssertEqual(service.asked.count, 5, "remembered")
        now.withLock { $0 = start + 3_600 - 60 }
        XCTAssertEqual(try lender.keys(toRead: ["s3://warehouse/t"]), first)
        XCTAssertEqual(service.asked.count, 6)
        now.withLock { $0 = start + 3_600 - 59 }
        XCTAssertThrowsError(try lender.keys(toRead: ["s3://warehouse/t"]))
        XCTAssertEqual(service.asked.count, 6, "remembered")
    }

    /// Near their end a caller had better wait for newer keys; where those do not come, the old ones are lent still.
    func test_stsThatIsSlow_holdsUpNobodyWhoseKeysHold() throws {
        let start = SigningInstant.now.seconds
        let now = Mutex(start)
        let lender = try lender(nil) { now.withLock { $0 } }
        XCTAssertEqual(try lender.keys(toRead: ["s3://warehouse/t"]).accessKeyID, TokenServiceDouble.keyID(1))
        now.withLock { $0 = start + 3_600 - 120 }
        service.lend(until: start + 90_000)
        service.fail { _ in .delay(milliseconds: 2_500) }
        let done = Monitor<Bool?>(nil)
        DispatchQueue.global().async {
            let keys = try? lender.keys(toRead: ["s3://warehouse/t"])
            done.broadcast { $0 = keys != nil }
        }
        XCTAssertTrue(Patience.until { service.asked.count == 2 })
        let meanwhile = try lender.keys(toRead: ["s3://warehouse/t"]).accessKeyID
        XCTAssertTrue([1, 2].map(TokenServiceDouble.keyID).contains(meanwhile), "what holds is lent while STS says nothing")
        XCTAssertEqual(done.wait(seconds: Patience.seconds) { $0 }, true)
    }

    func test_answersThatAreNone_areFaults() throws {
        let answers = [
            "", "<a>", "<R><Credentials/></R>", "<R><Credentials><AccessKeyId>A</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken></Credentials></R>",
            "<R><Credentials><AccessKeyId>A\r\nB</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2096-01-01T00:00:00Z</Expiration></Credentials></R>",
            "<R><Credentials><AccessKeyId>A</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2016-01-01T00:00:00Z</Expiration></Credentials></R>",
            "<R><Credentials><AccessKeyId>A</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>soon</Expiration></Credentials></R>",
            String(repeating: " ", count: 70_000) + "<R/>",
        ]
        for answer in answers {
            service.fail { _ in .body(answer) }
            XCTAssertThrowsError(try lender().keys(toRead: ["s3://warehouse/t"]), String(answer.prefix(300)))
        }
    }

    /// Who comes while STS is being asked has its answer, if that is soon, and is not asked twice.
    func test_manyReaders_areOneCall() throws {
        service.fail { _ in .delay(milliseconds: 100) }
        let lender = try lender()
        let ids = Mutex<Set<String>>([])
        DispatchQueue.concurrentPerform(iterations: 16) { _ in
            // Callers whose second was over on a busy machine fail, and try again.
            guard let keys = Patience.value({ try? lender.keys(toRead: ["s3://warehouse/t"]) }) else { return XCTFail("no keys") }
            ids.withLock { _ = $0.insert(keys.accessKeyID) }
        }
        XCTAssertEqual(ids.withLock { $0 }, [TokenServiceDouble.keyID(1)])
        XCTAssertEqual(service.asked.count, 1)
    }

    /// A machine whose clock is wrong is told so by the service's answer, as by a bucket's.
    func test_stsOfAnotherClock_isAskedByItsOwn() throws {
        let (stamps, code) = (Monitor<[String]>([]), Monitor("SignatureDoesNotMatch"))
        let date = "Tue, 31 Dec 2999 12:00:00 GMT"
        let noon = try XCTUnwrap(HTTPDate.seconds(date))
        let server = TestHTTPServer { request in
            let stamp = request.headers["x-amz-date"] ?? ""
            stamps.withLock { $0.append(stamp) }
            guard stamp.hasPrefix("29991231"), code.withLock({ $0 }) != "AccessDenied" else {
                return .init(status: 403, headers: [("Date", date)], body: "<ErrorResponse><Error><Code>\(code.withLock { $0 })</Code><Message>m</Message></Error></ErrorResponse>")
            }
            return .init(
                body: "<R><Credentials><AccessKeyId>ASIA\(stamps.withLock { $0.count })</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>"
                    + "<Expiration>2999-12-31T13:00:00Z</Expiration></Credentials></R>")
        }
        defer { server.close() }
        let lender = try lender("http://127.0.0.1:\(server.port)")
        let keys = try lender.keys(toRead: ["s3://warehouse/t"])
        XCTAssertEqual(keys.accessKeyID, "ASIA2")
        XCTAssertEqual(keys.expiresAtSeconds, noon + 3_600, "by the clock of the one who lends them")
        XCTAssertEqual(try lender.keys(toRead: ["s3://warehouse/t"]), keys, "they are lent again")
        XCTAssertEqual(try lender.keys(toRead: ["s3://warehouse/u"]).accessKeyID, "ASIA3", "the clock is known")
        XCTAssertEqual(stamps.withLock { $0 }.map { $0.hasPrefix("29991231") }, [false, true, true])
        // A refusal of something else is asked about once again at most.
        code.withLock { $0 = "AccessDenied" }
        let other = try self.lender("http://127.0.0.1:\(server.port)")
        XCTAssertThrowsError(try other.keys(toRead: ["s3://warehouse/t"])) { XCTAssertTrue("\($0)".contains("AccessDenied"), "\($0)") }
        XCTAssertEqual(stamps.withLock { $0.count }, 5)
    }

    /// A clock that ran ahead, and is put right, makes nothing live longer.
    func test_keys_areHeldForTheirLife_whereTheClockIsSetBack() throws {
        let start = SigningInstant.now.seconds
        let now = Mutex(start), steadySeconds = Mutex<UInt64>(5)
        let lender = try lender(nil, { now.withLock { $0 } }, steadyClock: { steadySeconds.withLock { $0 * 1_000_000_000 } })
        service.lend(until: start + 90_000)
        let first = try lender.keys(toRead: ["s3://warehouse/t"])
        XCTAssertEqual(first.expiresAtSeconds, start + 3_600)
        now.withLock { $0 = start - 86_400 }
        steadySeconds.withLock { $0 = 5 + 3_600 - 901 }
        XCTAssertEqual(try lender.keys(toRead: ["s3://warehouse/t"]), first)
        steadySeconds.withLock { $0 = 5 + 3_600 - 59 }
        service.fail { _ in .answer(status: 503, code: "ServiceUnavailable") }
        XCTAssertThrowsError(try lender.keys(toRead: ["s3://warehouse/t"]), "they have ended")
        service.fail(nil)
        now.withLock { $0 += 11 }
        XCTAssertEqual(try lender.keys(toRead: ["s3://warehouse/t"]).accessKeyID, TokenServiceDouble.keyID(3))
    }

    func test_stsThatIsNoURL_isSaid() {
        for endpoint in ["ftp://x", "https://user:word@x/", "x", "https://x/?a"] { XCTAssertThrowsError(try lender(endpoint), endpoint) }
    }
}
