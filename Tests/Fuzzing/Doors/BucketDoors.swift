@testable import ColumnStore
import Foundation
import Synchronization
import TestSupport

/// What services answer that Till asks by itself: a bucket, and who lends the keys to it. Whoever stands in between may have written the answers.
extension Door {
    static let buckets: [Door] = [bucketAnswer, bucketXML, credentials]

    /// A byte that says what is asked, then the answers, one after the other (`AnsweringService.answers`). No answer ends the process, none is waited for without end, and what is given out is what was asked for.
    private static let bucketAnswer = Door(
        name: "bucket-answer",
        seeds: {
            let texts = [
                "A206\nETag: \"t\"\nContent-Range: bytes 0-4/5\n\nhello", "A200\nETag: \"t\"\nx-amz-checksum-sha256: LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=\n\nhello", "A416\n\n\n====\n200\nContent-Length: 0\n\n",
                "B206\nETag: \"t\"\nContent-Range: bytes 1-3/5\n\nell", "B206\nContent-Range: bytes 0-9223372036854775806/9223372036854775807\n\nx", "C206\nContent-Range: bytes 3-4/5\n\nlo",
                "D200\nContent-Length: 5\nETag: \"t\"\nx-amz-meta-till-put: ab\n\n", "E200\n\n\(BucketSeeds.listing)", "E200\n\n\(BucketSeeds.page)\n====\n200\n\n\(BucketSeeds.listing)", "F200\n\n\(BucketSeeds.folders)", "G200\n\n\(BucketSeeds.listing)",
                "H200\nETag: \"t\"\n\n", "H412\n\n\(BucketSeeds.error)\n====\n200\nContent-Length: 3\nx-amz-meta-till-put: 00\n\n", "I412\n\n\n====\n404\n\n", "I500\n\n\n====\n200\nETag: \"t\"\n\n", "J204\n\n",
                "K200\n\n<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>\n====\n200\nETag: \"p\"\n\n\n====\n200\nETag: \"p\"\n\n\n====\n200\n\n\n  <CompleteMultipartUploadResult><ETag>\"t\"</ETag></CompleteMultipartUploadResult>",
                "L200\n\n\(BucketSeeds.lifecycle)", "A403\nx-amz-bucket-region: eu\nDate: Sat, 21 Nov 2026 18:57:44 GMT\n\n<Error><Code>RequestTimeTooSkewed</Code><Message>m</Message></Error>\n====\n206\nContent-Range: bytes 0-4/5\n\nhello",
                "D403\n\n\n====\n403\n\n", "A503\nRetry-After: 9223372036854775807\n\n\(BucketSeeds.error)", "A301\nx-amz-bucket-region: \n\n",
            ]
            return texts.map { Array($0.utf8) }
        },
        words: { BucketSeeds.words },
        fuzz: { bytes in
            guard let first = bytes.first else { return }
            let service = AnsweringService.shared
            service.set(AnsweringService.answers(Array(bytes.dropFirst())))
            // One that gives other keys each time it is asked, as STS does.
            let client = try service.client(CredentialChain([LendingSource()]))
            try ask(client, (first &- 65) % 12)
        })

    private static func ask(_ client: BucketClient, _ what: UInt8) throws {
        let bytes = [UInt8](repeating: 7, count: 5 << 10)
        switch what {
        case 0:
            let whole = try client.get("a", byteCountMax: 1_000)
            precondition(whole.bytes.count <= 1_000, "more than was asked for")
        case 1:
            let piece = try client.get("a", range: 1..<4, tag: "\"t\"")
            precondition(piece.bytes.count == 3, "another range")
        case 2:
            let tail = try client.tail("a", byteCount: 100)
            precondition(tail.start >= 0 && tail.start + Int64(tail.bytes.count) == tail.head.byteCount, "not the end")
        case 3: if let head = try client.head("a") { precondition(head.byteCount >= 0) }
        case 4: try client.list(prefix: "f/") { precondition($0.key.utf8.starts(with: "f/".utf8) && $0.byteCount >= 0, "an object that was not asked for") }
        case 5: _ = try client.folders()
        case 6:
            let keys = try client.keys(prefix: "f/", after: "f/1", countMax: 10)
            precondition(keys.allSatisfy { $0.utf8.starts(with: "f/".utf8) }, "a key that was not asked for")
        case 7: _ = try client.put("a", bytes, if: .absent)
        case 8: _ = try client.put("a", bytes, if: .matches(tag: "\"t\""))
        case 9: try client.delete("a")
        case 10:
            let upload = try MultipartUpload(client, key: "a")
            for _ in 0..<2 { try upload.add(bytes) }
            try upload.complete(if: .absent)
        default: _ = try BucketLifecycle.read(client).fault(prefix: "store", className: "GLACIER_IR", afterDays: 30)
        }
    }

    /// The texts alone, without a connection: XML as it is read, and what an answer of it means. The first byte says its status.
    private static let bucketXML = Door(
        name: "bucket-xml",
        seeds: { [BucketSeeds.listing, BucketSeeds.folders, BucketSeeds.error, BucketSeeds.lifecycle, BucketSeeds.sts, "<a>&#x41;&amp;<![CDATA[<]]><!-- --></a>", "<a b='>'/>", "<?xml?><a:b/>"].map { [UInt8(40)] + Array($0.utf8) } },
        words: { BucketSeeds.words },
        fuzz: { bytes in
            guard let first = bytes.first else { return }
            let body = Array(bytes.dropFirst())
            for method in [OutgoingRequest.Method.get, .put, .post, .head, .delete] {
                let status = 200 + Int(first) * 2
                let headers = ["date": "Sat, 21 Nov 2026 18:57:44 GMT", "x-amz-bucket-region": "eu"]
                switch BucketAnswer.verdict(OutgoingResponse(status: status, headers: headers, body: body), method: method, clockSeconds: Int64(first) << 24) {
                case .success: precondition((200..<300).contains(status), "an answer of \(status) is a success")
                case .setClock: break
                case .tryAgain(let failure), .renewCredentials(let failure), .fail(let failure): precondition(failure.description.utf8.count < 1 << 13, "words without end")
                }
            }
            _ = BucketLifecycle(body)
            guard let root = ServiceXML.parse(body) else { return }
            precondition(count(root, depth: 0) <= body.count, "more elements than there are bytes")
            for element in root.children {
                for name in ["Key", "Size", "LastModified", "Expiration"] { _ = element.text(of: name).map { (SignatureText.percentDecoded($0), SigningInstant.seconds($0), Int64($0)) } }
            }
        })

    private static func count(_ element: ServiceXML, depth: Int) -> Int {
        precondition(depth < ServiceXML.depthMax, "elements without end")
        return element.children.reduce(1) { $0 + count($1, depth: depth + 1) }
    }

    /// A byte that says who lends the keys, then its answers. Keys that are given out a request can carry.
    private static let credentials = Door(
        name: "credentials",
        seeds: {
            let json = #"{"Code":"Success","AccessKeyId":"ASIA","SecretAccessKey":"s/+","Token":"t==","Expiration":"2036-11-21T20:00:00Z"}"#
            return ["A200\n\n\(json)", "B200\n\nTOKEN\n====\n200\n\na role\nanother\n====\n200\n\n\(json)", "C200\n\n\(BucketSeeds.sts)", "C400\n\n<ErrorResponse>\(BucketSeeds.error)</ErrorResponse>", "D[default]\naws_access_key_id = A\naws_secret_access_key=s/+=\n; x\n[b]\naws_session_token = u\n"].map { Array($0.utf8) }
        },
        words: { BucketSeeds.words + ["\"AccessKeyId\":", "\"SecretAccessKey\":", "\"Token\":\"\"", "\"Expiration\":", "\\r\\nX-Other: 1", "\\u0000", "[default]", "aws_access_key_id=", "aws_session_token=", "-4713-01-01T00:00:00Z"] },
        fuzz: { bytes in
            guard let first = bytes.first else { return }
            let (service, rest) = (AnsweringService.shared, Array(bytes.dropFirst()))
            // A server that fails is asked again after pauses, for which an input has no time.
            service.set(AnsweringService.answers(rest).map { answer in
                var answer = answer
                if answer.status >= 429 { answer.status = 400 }
                return answer
            })
            let url = "http://127.0.0.1:\(service.port)"
            let source: any CredentialSource
            switch (first &- 65) % 4 {
            case 0: source = ContainerCredentials(["AWS_CONTAINER_CREDENTIALS_FULL_URI": url], client: service.transport)
            case 1: source = InstanceCredentials(["AWS_EC2_METADATA_SERVICE_ENDPOINT": url], client: service.transport)
            case 2: source = WebIdentityCredentials(["AWS_WEB_IDENTITY_TOKEN_FILE": try service.file("token", Array("ey.J\n".utf8)), "AWS_ROLE_ARN": "arn", "AWS_ENDPOINT_URL_STS": url], region: "eu", client: service.transport)
            default: source = SharedFileCredentials(["AWS_SHARED_CREDENTIALS_FILE": try service.file("credentials", rest)])
            }
            let chain = CredentialChain([source])
            let found = try chain.credentials()
            for text in [found.accessKeyID, found.sessionToken ?? "-"] { precondition(!text.isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }, "a header that is two") }
            _ = chain.refuse(found)
            // The key signs, whatever it is.
            service.set([TestHTTPServer.Response(status: 204)])
            try service.client(CredentialChain([StaticCredentials(found)])).delete("a")
        })
}

/// New keys for each question.
private final class LendingSource: CredentialSource {
    let name = "a lender"
    private let count = Mutex(0)

    func fetch() -> AWSCredentials? {
        let number = count.withLock { count in
            count += 1
            return count
        }
        precondition(number <= 20, "keys are fetched again and again")
        return AWSCredentials(accessKeyID: "ASIA", secretAccessKey: "s", sessionToken: "t\(number)")
    }
}

/// A server on loopback that gives the answers it was set to, whatever it is asked.
private final class AnsweringService: Sendable {
    private let left = Mutex<[TestHTTPServer.Response]>([])
    private let server = Mutex<TestHTTPServer?>(nil)
    private let folder = Mutex<ScratchDirectory?>(nil)
    let transport = OutgoingClient(policy: nil)

    static let shared = AnsweringService()

    private init() {
        let new = TestHTTPServer { [unowned self] request in self.answer(request) }
        server.withLock { $0 = new }
    }

    var port: UInt16 { server.withLock { $0?.port ?? 0 } }

    func set(_ answers: [TestHTTPServer.Response]) { left.withLock { $0 = answers } }

    /// The last one is given as long as anybody asks.
    private func answer(_ request: TestHTTPServer.Request) -> TestHTTPServer.Response {
        var answer = left.withLock { left -> TestHTTPServer.Response in
            guard let first = left.first else { return TestHTTPServer.Response(status: 400) }
            if left.count > 1 { left.removeFirst() }
            return first
        }
        if request.method == "HEAD" || answer.status == 204 || answer.status == 304 {
            answer.contentLength = answer.contentLength ?? answer.body.count
            answer.body = []
            if answer.status == 204 || answer.status == 304 { answer.contentLength = 0 }
        } else if let length = answer.contentLength, length != answer.body.count {
            // A length that is a lie: nobody waits for the rest.
            answer.tornAt = answer.body.count
        }
        return answer
    }

    func client(_ credentials: CredentialChain) throws -> BucketClient {
        var options = BucketOptions()
        (options.attemptCountMax, options.pauseMilliseconds, options.attemptMilliseconds, options.deadlineMilliseconds, options.stallSeconds) = (3, 0, 2_000, 4_000, 1)
        options.parallelCount = 2
        let endpoint = try BucketEndpoint(url: "s3://receipts/store", endpoint: "http://127.0.0.1:\(port)", region: "eu-central-1", isPathStyle: true)
        return BucketClient(endpoint, region: "eu-central-1", credentials: credentials, transport: transport, options: options)
    }

    /// - Returns: the file's path.
    func file(_ name: String, _ bytes: [UInt8]) throws -> String {
        let path = try folder.withLock { folder in
            let known = try folder ?? ScratchDirectory()
            folder = known
            return "\(known.path)/\(name)"
        }
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        return path
    }

    /// `status`, headers, an empty line and the body each, parted by lines `====`.
    static func answers(_ bytes: [UInt8]) -> [TestHTTPServer.Response] {
        let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false).map { Array($0) }
        var answers: [TestHTTPServer.Response] = []
        for group in lines.split(separator: Array("====".utf8), maxSplits: 7, omittingEmptySubsequences: false) {
            let head = group.prefix { !$0.isEmpty }.map { String(decoding: $0, as: UTF8.self) }
            let status = head.first.flatMap { Int($0) } ?? 200
            // Those below are no answers yet.
            var answer = TestHTTPServer.Response(status: min(max(status, 200), 599))
            for line in head.dropFirst() {
                guard let colon = line.firstIndex(of: ":") else { continue }
                let (name, value) = (String(line[..<colon]), String(line[line.index(after: colon)...].drop { $0 == " " }))
                if name.lowercased() == "content-length" { answer.contentLength = Int(value).map { min(max($0, 0), 1 << 40) } } else { answer.headers.append((name, value)) }
            }
            answer.body = Array(group.dropFirst(head.count + 1).joined(separator: [0x0A]))
            answers.append(answer)
        }
        return answers
    }
}

private enum BucketSeeds {
    static let listing =
        "<?xml version=\"1.0\"?><ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><EncodingType>url</EncodingType><Contents><Key>store/f/1%20%C3%A4</Key><LastModified>2026-11-21T18:57:44.000Z</LastModified><Size>5</Size></Contents><Contents><Key>store/f/2</Key><Size>9223372036854775807</Size></Contents><IsTruncated>false</IsTruncated></ListBucketResult>"
    static let page = "<ListBucketResult><Contents><Key>store/f/0</Key><Size>0</Size></Contents><IsTruncated>true</IsTruncated><NextContinuationToken>a+b/=</NextContinuationToken></ListBucketResult>"
    static let folders = "<ListBucketResult><CommonPrefixes><Prefix>store/f/</Prefix></CommonPrefixes><CommonPrefixes><Prefix>store/g/</Prefix></CommonPrefixes></ListBucketResult>"
    static let error = "<Error><Code>SlowDown</Code><Message>Please reduce &lt;your&gt; rate</Message><Region>eu</Region></Error>"
    static let lifecycle =
        "<LifecycleConfiguration><Rule><Status>Enabled</Status><Filter><And><Prefix>store/</Prefix><ObjectSizeGreaterThan>131072</ObjectSizeGreaterThan></And></Filter><Transition><Days>30</Days><StorageClass>GLACIER_IR</StorageClass></Transition></Rule></LifecycleConfiguration>"
    static let sts =
        "<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>s/+&amp;</SecretAccessKey><SessionToken>t==</SessionToken><Expiration>2036-11-21T20:00:00Z</Expiration></Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>"
    static let words = [
        "====\n", "200\n", "206\n", "403\n", "404\n", "412\n", "416\n", "500\n", "503\n", "ETag: \"t\"\n", "Content-Range: bytes ", "Content-Length: ", "x-amz-checksum-sha256: ", "x-amz-meta-till-put: ", "x-amz-bucket-region: ",
        "Date: Sat, 21 Nov 2026 18:57:44 GMT\n", "<Contents>", "</Contents>", "<Key>store/f/", "<Size>", "<IsTruncated>true</IsTruncated>", "<NextContinuationToken>", "<EncodingType>url</EncodingType>", "<Error><Code>", "ExpiredToken", "RequestTimeTooSkewed",
        "ConditionalRequestConflict", "NoSuchUpload", "NoSuchBucket", "InternalError", "<![CDATA[", "]]>", "<!--", "-->", "&#x10FFFF;", "\u{301}\u{301}\u{301}\u{301}", "&#xD800;", "%2F..%2F", "0-9223372036854775806/9223372036854775807",
    ]
}
