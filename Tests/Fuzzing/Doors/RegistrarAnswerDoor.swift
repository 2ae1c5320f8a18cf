import ColumnStore
import Documents
import Ingest

/// What a registrar answers to a call: a line with the status and `Retry-After`, then the body.
extension Door {
    static let registrarAnswer = Door(
        name: "registrar-answer",
        seeds: {
            [
                "200 \n{\"outcome\":\"accepted\",\"reference\":\"r\"}", "429 9223372036854775807\n", "503 Fri, 31 Dec 9999 23:59:59 GMT\n", "404 -1\n",
                "400 5\n{\"outcome\":\"rejected\",\"reference\":1e999,\"errors\":[\"a\",{\"code\":\"c\",\"pointer\":\"/p\",\"message\":\"m\"},[1],null]}", "202 \n",
            ].map { Array($0.utf8) }
        },
        words: { ["\"outcome\":\"accepted\"", "\"outcome\":\"rejected\"", "\"errors\":[", "\"reference\":", "Sat, 21 Nov 2026 00:00:00 GMT", "99999999999", "200 ", "429 ", "503 "] },
        fuzz: { bytes in
            let lines = bytes.split(separator: 0x0A, maxSplits: 1, omittingEmptySubsequences: false).map { Array($0) }
            guard lines.count == 2 else { return }
            let head = String(decoding: lines[0], as: UTF8.self).split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
            guard let status = Int(head[0]), (0...999).contains(status) else { return }
            let headers = head.count == 2 ? ["retry-after": String(head[1])] : [:]
            for isQuestion in [false, true] {
                let answer = RegistrarCall.answer(
                    .success(OutgoingResponse(status: status, headers: headers, body: lines[1])), toQuestion: isQuestion, nowSeconds: 1_795_176_000)
                if case .failed(let detail, let retryAfter, _) = answer {
                    precondition(!detail.isEmpty && (0...86_400_000_000).contains(retryAfter ?? 0), "a wait of \(retryAfter ?? 0)")
                    let policy = RetryPolicy(backoffMinimum: 1_000_000, backoffMaximum: 900_000_000, attemptCountMax: 10)
                    precondition(policy.delay(afterAttempts: lines[1].count, retryAfter: retryAfter, fraction: 0.5) > 0)
                }
                if case .final(let outcome) = answer { precondition(outcome.isAccepted || !outcome.errors.isEmpty, "rejected without a reason") }
            }
        })
}
