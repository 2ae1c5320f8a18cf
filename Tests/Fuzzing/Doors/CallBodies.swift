import Documents

/// Bodies of calls, by the path of their route: such as fit, which mutations bend.
enum CallBodies {
    static let texts: [String: [String]] = [
        "/v1/uploads": [
            #"{"name":"a.ndjson","type":null,"content_type":null,"bytes":5,"sha256":null}"#, #"{"name":"a.csv","type":"table","bytes":9223372036854775807}"#,
            #"{"name":"../é.json.gz","content_type":"text/csv","sha256":"00"}"#,
        ],
        "/v1/uploads/{id}/file": ["{}\n{}\n", String(decoding: LittleStore.receipt(3), as: UTF8.self), "id,at\n1,2026-01-01\n"],
        "/v1/exports": [
            #"{"query":"SELECT 1","format":"csv"}"#, #"{"query":"SELECT * FROM receipts","format":"parquet","name":"x","expires_in":"1s"}"#,
            #"{"sheets":[{"name":"s","query":"SELECT $1","params":["=1+1"]}],"format":"xlsx"}"#, #"{"receipts":{"limit":"5","from":"2026-01-01"},"format":"ndjson"}"#,
        ],
        "/v1/queues/{name}": [#"{"ttl":"4d","lock":"30s","max_deliveries":5,"duplicate_window":"5m"}"#, #"{"lock":"400d","max_bytes":"1MiB","dead_letter":"c1","delay":"1ms"}"#, "{}"],
        "/v1/queues/{name}/messages": [
            #"{"messages":[{"id":"m","body":{"x":1},"delay":"1s"}]}"#, #"{"messages":[{"body":"x"},{"body":null,"id":"é"},{"body":[[[]]],"id":"m"}]}"#,
        ],
        "/v1/queues/{name}/receive": [#"{"max":10,"wait":"0s"}"#, #"{"max":0}"#, #"{"max":1000,"wait":0}"#],
        "/v1/queues/{name}/complete": [#"{"items":[{"message_id":"1","lock_token":"x"}]}"#],
        "/v1/queues/{name}/dead-letters/redrive": [#"{"ids":["1"],"per_second":1}"#, #"{"all":true,"per_second":100000}"#],
        "/v1/topics/{name}": ["", "{}"],
        "/v1/topics/{name}/subscriptions/{subscription}": [
            #"{"where":"type = 'receipt.complete'","target":{"queue":"c1"}}"#, #"{"where":"data ->> 'x' > 1","target":{"url":"http://h/","secret":"s"}}"#, #"{"target":{"process":"c1"}}"#,
        ],
        "/v1/events": [
            #"{"specversion":"1.0","id":"1","source":"/s","type":"t","data":{"a":1}}"#, #"[{"specversion":"1.0","id":"1","source":"s","type":"t","data_base64":"AA==","time":"2026-01-01T00:00:00Z"}]"#,
        ],
        "/v1/processes/{name}": [
            #"{"StartAt":"a","States":{"a":{"Type":"Pass","End":true}}}"#, #"{"definition":{"StartAt":"a","States":{"a":{"Type":"Wait","Seconds":9223372036854775807,"End":true}}}}"#,
            #"{"StartAt":"a","States":{"a":{"Type":"Map","ItemsPath":"$.x","ItemProcessor":{"StartAt":"b","States":{"b":{"Type":"Succeed"}}},"End":true}}}"#,
        ],
        "/v1/processes/{name}/executions": [#"{"name":"e","input":{"x":[1,2]}}"#, #"{"input":null}"#],
        "/v1/views/{name}": [#"{"query":"SELECT client_id, sum(total) AS s FROM receipts GROUP BY 1","description":"d"}"#, #"{"query":"SELECT * FROM c1"}"#],
        "/v1/rollups/{name}": [
            #"{"query":"SELECT business_day, sum(total) AS s FROM receipts GROUP BY 1"}"#, #"{"query":"SELECT client_id, count(*) AS n, sum(total) AS t FROM receipts_accepted GROUP BY client_id"}"#,
        ],
        "/v1/types/check": [#"{"type":\#(LittleStore.tax),"document":{"id":"1","issued_at":"2026-01-01","total":1}}"#, #"{"type":{},"files":{"a":"b"},"document":"x"}"#],
        "/v1/dead-letters/redrive": [#"{"ids":["x"],"per_second":1,"dry_run":true}"#, #"{"filter":{"client":"c1"}}"#],
        "/v1/session": [#"{"key":"\#(ServedStore.keys[0])"}"#, #"{"key":""}"#],
        "/v1/tasks/{token}/heartbeat": ["{}"],
        "/v1/tasks/{token}/success": [#"{"output":{"x":1}}"#],
        "/v1/tasks/{token}/failure": [#"{"error":"E","cause":"c"}"#],
        "/v1/admin/keys": [#"{"role":"metrics"}"#, #"{"role":"auditor","label":"é","expires_at":"2030-01-01T00:00:00Z"}"#],
        "/v1/admin/rebuild": [#"{"table":"receipts","column":"total"}"#],
    ]

    /// What such bodies are called, where that is not JSON alone.
    static let types: [String: [String]] = [
        "/v1/events": ["application/cloudevents+json", "application/cloudevents-batch+json", "application/json"],
        "/v1/uploads/{id}/file": ["application/offset+octet-stream", "application/offset+octet-stream", "text/csv"],
    ]
}
