import ColumnStore
import Foundation
import Synchronization
import TestSupport
import XCTest

/// Goal: each place where keys may come from gives them, and they are new before they end. Method: a stand-in on loopback for each service, a clock that
/// the test turns.
final class CredentialChainTests: XCTestCase {
    private let client = OutgoingClient(policy: nil)

    override func tearDown() { client.close() }

    private static func json(_ key: String, ends: String? = "2026-11-21T20:00:00Z") -> String {
        #"{"Code":"Success","AccessKeyId":"\#(key)","SecretAccessKey":"s","Token":"t"\#(ends.map { #","Expiration":"\#($0)""# } ?? "")}"#
    }

    // MARK: Each source

    func test_environment_setOrNot() throws {
        XCTAssertNil(try EnvironmentCredentials(["AWS_ACCESS_KEY_ID": ""]).fetch())
        XCTAssertThrowsError(try EnvironmentCredentials(["AWS_ACCESS_KEY_ID": "a"]).fetch())
        let found = try EnvironmentCredentials(["AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_SESSION_TOKEN": "c"]).fetch()
        XCTAssertEqual(found, AWSCredentials(accessKeyID: "a", secretAccessKey: "b", sessionToken: "c"))
    }

    func test_sharedFile_givesTheProfilesKeys_andIsReadAnew() throws {
        let folder = try TemporaryDirectory()
        try FileManager.default.createDirectory(atPath: folder.path + "/.aws", withIntermediateDirectories: true)
        let file = folder.path + "/.aws/credentials"
        var environment = ["HOME": folder.path + "/"]
        func fetch() throws -> AWSCredentials? {
            guard let found = try SharedFileCredentials(environment).fetch() else { return nil }
            XCTAssertNotNil(found.expiresAtSeconds)
            return AWSCredentials(accessKeyID: found.accessKeyID, secretAccessKey: found.secretAccessKey, sessionToken: found.sessionToken)
        }
        XCTAssertNil(try fetch(), "none has to be there")
        environment["AWS_PROFILE"] = "b"
        XCTAssertThrowsError(try fetch(), "a profile was named")
        environment["AWS_PROFILE"] = nil
        try "# of us\n[default]\naws_access_key_id = A\naws_secret_access_key=s/+=\n\n; more\n[ b ]\r\nAWS_ACCESS_KEY_ID=B\r\naws_secret_access_key = t\r\naws_session_token = u\n[c]\nrole_arn = x\n"
            .write(toFile: file, atomically: true, encoding: .utf8)
        XCTAssertEqual(try fetch(), AWSCredentials(accessKeyID: "A", secretAccessKey: "s/+="))
        environment["AWS_PROFILE"] = "b"
        XCTAssertEqual(try fetch(), AWSCredentials(accessKeyID: "B", secretAccessKey: "t", sessionToken: "u"))
        for profile in ["c", "d"] {
            environment["AWS_PROFILE"] = profile
            XCTAssertThrowsError(try fetch(), profile) { XCTAssertTrue("\($0)".contains("profile \(profile)") && "\($0)".contains(file), "\($0)") }
        }
        environment = ["AWS_SHARED_CREDENTIALS_FILE": folder.path + "/other"]
        XCTAssertThrowsError(try fetch(), "named, and not there")
        try "[default]\naws_access_key_id=N\naws_secret_access_key=n\n".write(toFile: folder.path + "/other", atomically: true, encoding: .utf8)
        XCTAssertEqual(try fetch()?.accessKeyID, "N")
    }

    func test_webIdentity_sendsTheFilesToken_andReadsTheAnswer() throws {
        let bodies = Mutex<[String]>([])
        let server = TestHTTPServer { request in
            bodies.withLock { $0.append("\(request.method) \(request.headers["authorization"] ?? "") \(String(decoding: request.body, as: UTF8.self))") }
            return .init(body: """
                <AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult><Credentials>
                <AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>s/+&amp;</SecretAccessKey><SessionToken>t==</SessionToken><Expiration>2026-11-21T20:00:00Z</Expiration>
                </Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>
                """)
        }
        defer { server.close() }
        let folder = try TemporaryDirectory()
        let file = folder.path + "/token"
        var environment = ["AWS_WEB_IDENTITY_TOKEN_FILE": file, "AWS_ENDPOINT_URL_STS": "http://127.0.0.1:\(server.port)/"]
        func fetch() throws -> AWSCredentials? { try WebIdentityCredentials(environment, region: "eu-central-1", client: client).fetch() }
        XCTAssertThrowsError(try fetch(), "no role")
        environment["AWS_ROLE_ARN"] = "arn:aws:iam::1:role/a b"
        XCTAssertThrowsError(try fetch(), "no file")
        try "ey.J\n".write(toFile: file, atomically: true, encoding: .utf8)
        XCTAssertEqual(try fetch(), AWSCredentials(accessKeyID: "ASIA", secretAccessKey: "s/+&", sessionToken: "t==", expiresAtSeconds: 1_795_291_200))
        XCTAssertEqual(bodies.withLock { $0 }, [
            "POST  Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fa%20b&RoleSessionName=till&WebIdentityToken=ey.J",
        ])
    }

    func test_webIdentity_refused_saysWhatSTSSaid() throws {
        let server = TestHTTPServer { _ in
            .init(status: 400, body: "<ErrorResponse><Error><Code>ExpiredTokenException</Code><Message>Token expired</Message></Error></ErrorResponse>")
        }
        defer { server.close() }
        let folder = try TemporaryDirectory()
        try "token".write(toFile: folder.path + "/token", atomically: true, encoding: .utf8)
        let environment = [
            "AWS_WEB_IDENTITY_TOKEN_FILE": folder.path + "/token", "AWS_ROLE_ARN": "arn", "AWS_ENDPOINT_URL_STS": "http://127.0.0.1:\(server.port)",
        ]
        XCTAssertThrowsError(try WebIdentityCredentials(environment, region: "eu-central-1", client: client).fetch()) { error in
            XCTAssertTrue("\(error)".contains("ExpiredTokenException: Token expired"), "\(error)")
            XCTAssertFalse("\(error)".contains("=token"), "\(error)")
        }
    }

    func test_webIdentity_answerWithAnEmptyPart_isAFault() throws {
        let parts = Mutex<[String]>([])
        let server = TestHTTPServer { _ in
            let parts = parts.withLock { $0 }
            return .init(body: """
                <R><Credentials><AccessKeyId>\(parts[0])</AccessKeyId><SecretAccessKey>\(parts[1])</SecretAccessKey><SessionToken>\(parts[2])</SessionToken>
                <Expiration>2026-11-21T20:00:00Z</Expiration></Credentials></R>
                """)
        }
        defer { server.close() }
        let folder = try TemporaryDirectory()
        try "token".write(toFile: folder.path + "/token", atomically: true, encoding: .utf8)
        let environment = [
            "AWS_WEB_IDENTITY_TOKEN_FILE": folder.path + "/token", "AWS_ROLE_ARN": "arn", "AWS_ENDPOINT_URL_STS": "http://127.0.0.1:\(server.port)",
        ]
        let source = WebIdentityCredentials(environment, region: "eu-central-1", client: client)
        for answer in [["", "s", "t"], ["ASIA", "", "t"], ["ASIA", "s", ""]] {
            parts.withLock { $0 = answer }
            XCTAssertThrowsError(try source.fetch(), "\(answer)")
        }
        parts.withLock { $0 = ["ASIA", "s", "t"] }
        XCTAssertEqual(try source.fetch()?.accessKeyID, "ASIA")
    }

    func test_container_fullURI_sendsItsToken() throws {
        let server = TestHTTPServer { request in
            request.headers["authorization"] == "secret" ? .init(body: Self.json("CONTAINER")) : .init(status: 401)
        }
        defer { server.close() }
        var environment = ["AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:\(server.port)/creds"]
        func fetch() throws -> AWSCredentials? { try ContainerCredentials(environment, client: client).fetch() }
        XCTAssertThrowsError(try fetch())
        environment["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "secret"
        XCTAssertEqual(try fetch()?.accessKeyID, "CONTAINER")
        let folder = try TemporaryDirectory()
        try "secret\n".write(toFile: folder.path + "/token", atomically: true, encoding: .utf8)
        environment["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "wrong"
        environment["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = folder.path + "/token"
        XCTAssertEqual(try fetch()?.accessKeyID, "CONTAINER")
        // In the clear, and to another machine.
        for host in ["example.com", "10.0.0.1", "169.254.170.3", "127.0.0.1.example.com"] {
            environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = "http://\(host)/creds"
            XCTAssertThrowsError(try fetch(), host) { XCTAssertTrue("\($0)".contains("take https") , "\($0)") }
        }
    }

    func test_instance_tokenFirst_thenRole_thenKeys() throws {
        let server = TestHTTPServer { request in
            if request.path == "/latest/api/token" {
                return request.method == "PUT" && request.headers["x-aws-ec2-metadata-token-ttl-seconds"] == "21600" ? .init(body: "TOKEN") : .init(status: 400)
            }
            guard request.headers["x-aws-ec2-metadata-token"] == "TOKEN" else { return .init(status: 401) }
            switch request.path {
            case "/latest/meta-data/iam/security-credentials/": return .init(body: "a role\nanother")
            case "/latest/meta-data/iam/security-credentials/a%20role": return .init(body: Self.json("MACHINE"))
            default: return .init(status: 404)
            }
        }
        defer { server.close() }
        var environment = ["AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://127.0.0.1:\(server.port)/"]
        func fetch() throws -> AWSCredentials? { try InstanceCredentials(environment, client: client).fetch() }
        XCTAssertEqual(try fetch()?.accessKeyID, "MACHINE")
        environment["AWS_EC2_METADATA_DISABLED"] = "true"
        XCTAssertNil(try fetch())
    }

    /// Of a machine that is nobody's cloud: what its owner has not done is said, and not only that an address gives no answer.
    func test_instance_whereThereIsNone_saysWhatToSetUp() throws {
        let environment = ["AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://127.0.0.1:\(Ports.take(1)[0])"]
        let chain = CredentialChain(settings: nil, environment: environment, region: "eu-central-1", client: client)
        XCTAssertThrowsError(try chain.credentials()) { error in
            for words in ["metadata service", "no connection", "storage.credentials", "AWS_ACCESS_KEY_ID"] { XCTAssertTrue("\(error)".contains(words), "\(error)") }
        }
    }

    func test_answersThatAreNone_areFaults() throws {
        let body = Mutex("")
        let server = TestHTTPServer { _ in .init(body: body.withLock { $0 }) }
        defer { server.close() }
        let source = ContainerCredentials(["AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://localhost:\(server.port)/"], client: client)
        for text in ["", "x", "[]", "{}", #"{"AccessKeyId":"a"}"#, #"{"AccessKeyId":1,"SecretAccessKey":2}"#, Self.json("a", ends: "soon"), Self.json("")] {
            body.withLock { $0 = text }
            XCTAssertThrowsError(try source.fetch(), text)
        }
    }

    // MARK: The chain

    /// Answers in turn, and counts.
    private final class Script: CredentialSource {
        let name = "a script"
        let answers: Mutex<[Result<AWSCredentials, CredentialFailure>]>
        let count = Mutex(0)
        init(_ answers: [Result<AWSCredentials, CredentialFailure>]) { self.answers = Mutex(answers) }
        func fetch() throws(CredentialFailure) -> AWSCredentials? {
            count.withLock { $0 += 1 }
            return try answers.withLock { $0.isEmpty ? nil : $0.removeFirst() }?.get()
        }
    }

    private static func keys(_ name: String, _ end: Int64?) -> AWSCredentials {
        AWSCredentials(accessKeyID: name, secretAccessKey: "s", sessionToken: "t", expiresAtSeconds: end)
    }

    /// Has a question done before its caller goes on.
    private static let atOnce: WorkerThread.Starter = { _, run in
        run()
        return true
    }

    func test_chain_nearTheEnd_renews_andGoesOnWithTheOldWhileItHolds() throws {
        let now = Mutex<Int64>(0)
        let failure = CredentialFailure(source: "a script", reason: "down")
        let script = Script([.success(Self.keys("one", 3_600)), .failure(failure), .success(Self.keys("two", 7_200)), .failure(failure)])
        let chain = CredentialChain([script], clock: { now.withLock { $0 } }, starter: Self.atOnce)
        XCTAssertEqual(try chain.credentials().accessKeyID, "one")
        now.withLock { $0 = 2_699 }
        XCTAssertEqual(try chain.credentials().accessKeyID, "one")
        XCTAssertEqual(script.count.withLock { $0 }, 1, "not near the end yet")
        now.withLock { $0 = 2_701 }
        XCTAssertEqual(try chain.credentials().accessKeyID, "one", "the service is down, and the old hold on")
        XCTAssertEqual(try chain.credentials().accessKeyID, "one")
        XCTAssertEqual(script.count.withLock { $0 }, 2, "not at every request again")
        now.withLock { $0 = 2_740 }
        XCTAssertEqual(try chain.credentials().accessKeyID, "one", "nobody waits for others while these hold")
        XCTAssertEqual(try chain.credentials().accessKeyID, "two")
        XCTAssertEqual(script.count.withLock { $0 }, 3)
        now.withLock { $0 = 7_200 }
        XCTAssertThrowsError(try chain.credentials(), "ended, and none to be had") { XCTAssertEqual($0 as? CredentialFailure, failure) }
    }

    /// A machine's role hands out the same keys until minutes before their end, and STS keys that live no longer than renewal begins ahead.
    func test_chain_newOnesNearTheirEndToo_areNotAskedForWithEachRequest() throws {
        let now = Mutex<Int64>(0)
        let script = Script((1...9).map { .success(Self.keys("\($0)", 900)) })
        let chain = CredentialChain([script], clock: { now.withLock { $0 } }, starter: Self.atOnce)
        for second in 0..<100 {
            now.withLock { $0 = Int64(second) }
            for _ in 0..<10 { _ = try chain.credentials() }
        }
        XCTAssertEqual(script.count.withLock { $0 }, 4, "at the first request, and every thirty seconds")
    }

    func test_chain_goodOnes_areUsedWhileASourceHangs_whichIsAskedOnce() throws {
        let now = Mutex<Int64>(0)
        let hanging = WaitingSource(Self.keys("two", 7_200))
        defer { hanging.open() }
        let chain = CredentialChain([Script([.success(Self.keys("one", 3_600))]), hanging], clock: { now.withLock { $0 } })
        XCTAssertEqual(try chain.credentials().accessKeyID, "one")
        now.withLock { $0 = 3_000 }
        for _ in 0..<10 { XCTAssertEqual(try chain.credentials().accessKeyID, "one") }
        XCTAssertTrue(Patience.until { hanging.count == 1 })
        XCTAssertEqual(try chain.credentials().accessKeyID, "one")
        hanging.open()
        XCTAssertTrue(Patience.until { (try? chain.credentials().accessKeyID) == "two" })
        XCTAssertEqual(hanging.count, 1)
    }

    func test_chain_nothingHeld_waitsAsLongAsTheCallerMay() throws {
        let hanging = WaitingSource(Self.keys("one", nil))
        defer { hanging.open() }
        let chain = CredentialChain([hanging])
        for scope in [WaitScope.within(milliseconds: 10), WaitScope(isCancelled: { true })] {
            XCTAssertThrowsError(try chain.credentials(in: scope)) { XCTAssertTrue("\($0)".contains("in the time there was"), "\($0)") }
        }
        hanging.open()
        XCTAssertEqual(try chain.credentials().accessKeyID, "one")
        XCTAssertEqual(hanging.count, 1, "what came later is for the next")
    }

    func test_chain_inTheLastSeconds_waitsForNewOnes() throws {
        let now = Mutex<Int64>(0)
        let chain = CredentialChain([Script([.success(Self.keys("one", 3_600)), .success(Self.keys("two", 7_200))])], clock: { now.withLock { $0 } })
        XCTAssertEqual(try chain.credentials().accessKeyID, "one")
        now.withLock { $0 = 3_595 }
        XCTAssertEqual(try chain.credentials().accessKeyID, "two")
    }

    func test_chain_withoutAThread_goesOnWhileTheOldHold_andThenAsksByItself() throws {
        let now = Mutex<Int64>(0)
        let script = Script([.success(Self.keys("one", 3_600)), .success(Self.keys("two", 7_200))])
        let chain = CredentialChain([script], clock: { now.withLock { $0 } }, starter: { _, _ in false })
        XCTAssertEqual(try chain.credentials().accessKeyID, "one")
        now.withLock { $0 = 3_000 }
        XCTAssertEqual(try chain.credentials().accessKeyID, "one")
        XCTAssertEqual(script.count.withLock { $0 }, 1)
        now.withLock { $0 = 3_600 }
        XCTAssertEqual(try chain.credentials().accessKeyID, "two")
    }

    func test_chain_noneSetUp_orEndedOnes_saysSo() {
        XCTAssertThrowsError(try CredentialChain([Script([])]).credentials()) { XCTAssertTrue("\($0)".contains("storage.credentials"), "\($0)") }
        XCTAssertThrowsError(try CredentialChain([Script([.success(Self.keys("old", 5))])], clock: { 5 }).credentials()) {
            XCTAssertTrue("\($0)".contains("ended already"), "\($0)")
        }
    }

    func test_chain_keysThatNoHeaderMayHave_areNotTaken() {
        for (key, token) in [("a\r\nX-Other: 1", "t"), ("a", "t\nx"), ("é", "t"), ("a b", "t")] {
            let keys = AWSCredentials(accessKeyID: key, secretAccessKey: "s", sessionToken: token)
            XCTAssertThrowsError(try CredentialChain([Script([.success(keys)])]).credentials(), key) { XCTAssertTrue("\($0)".contains("no header may have"), "\($0)") }
        }
    }

    func test_chain_refusedByTheService_fetchesNewOnce() throws {
        let chain = CredentialChain([Script([.success(Self.keys("one", nil)), .success(Self.keys("two", nil)), .success(Self.keys("two", nil))])])
        let first = try chain.credentials()
        XCTAssertTrue(chain.refuse(first))
        let second = try chain.credentials()
        XCTAssertEqual(second.accessKeyID, "two")
        XCTAssertTrue(chain.refuse(first), "another caller had the old ones, and may try the new")
        XCTAssertTrue(chain.refuse(second))
        XCTAssertFalse(chain.refuse(try chain.credentials()), "the same again: there is nothing newer")
    }

    /// Whoever rotates keys may write the new ones a little after the old have ended.
    func test_chain_refusedAgain_asksOnceMoreALittleLater() throws {
        // The clock may have been set back.
        for later: Int64 in [1_031, 0] {
            let now = Mutex<Int64>(1_000)
            let script = Script([.success(Self.keys("one", nil)), .success(Self.keys("one", nil)), .success(Self.keys("two", nil))])
            let chain = CredentialChain([script], clock: { now.withLock { $0 } }, starter: Self.atOnce)
            let first = try chain.credentials()
            XCTAssertTrue(chain.refuse(first))
            XCTAssertTrue(chain.refuse(first), "another caller had them too, and waits for the new")
            let same = try chain.credentials()
            XCTAssertEqual(same, first)
            XCTAssertFalse(chain.refuse(same), "there is nothing newer yet")
            XCTAssertEqual(try chain.credentials(), same)
            XCTAssertEqual(script.count.withLock { $0 }, 2, "not with each request")
            now.withLock { $0 = later }
            XCTAssertTrue(chain.refuse(same), "at \(later)")
            XCTAssertEqual(try chain.credentials().accessKeyID, "two", "at \(later)")
        }
    }

    func test_chain_manyThreads_askOnce() throws {
        let script = Script((0..<64).map { .success(Self.keys("\($0)", nil)) })
        let chain = CredentialChain([script])
        DispatchQueue.concurrentPerform(iterations: 64) { _ in XCTAssertEqual(try? chain.credentials().accessKeyID, "0") }
        XCTAssertEqual(script.count.withLock { $0 }, 1)
    }
}

/// Gives its keys once it is let.
final class WaitingSource: CredentialSource {
    let name = "a source that hangs"
    private let keys: AWSCredentials
    private let isOpen = Monitor(false)
    private let asked = Mutex(0)

    init(_ keys: AWSCredentials) { self.keys = keys }

    var count: Int { asked.withLock { $0 } }

    func open() { isOpen.broadcast { $0 = true } }

    func fetch() throws(CredentialFailure) -> AWSCredentials? {
        asked.withLock { $0 += 1 }
        guard isOpen.wait(seconds: Patience.seconds, { $0 ? true : nil }) == true else { throw CredentialFailure(source: name, reason: "nobody has let it") }
        return keys
    }
}
