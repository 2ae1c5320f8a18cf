// Functions of PostgreSQL 15 by which values of types are read and written that no value here has: src/include/catalog/pg_proc.dat. The numbers never change.
//
//     number name type-of-result types-of-arguments; …            as in SystemProcedureText.swift

/// What `typinput` and its kin name of types that are there by their names alone, and `amhandler` of `pg_am`.
enum SystemTypeFunctionText {
    static let all = """
        86 pg_ddl_command_in 32 2275; 87 pg_ddl_command_out 2275 32; 88 pg_ddl_command_recv 32 2281; 90 pg_ddl_command_send 17 32; 117 point_in 600 2275
        118 point_out 2275 600; 119 lseg_in 601 2275; 120 lseg_out 2275 601; 121 path_in 602 2275; 122 path_out 2275 602; 123 box_in 603 2275
        124 box_out 2275 603; 326 index_am_handler_in 325 2275; 327 index_am_handler_out 2275 325; 347 poly_in 604 2275; 348 poly_out 2275 604
        1450 circle_in 718 2275; 1451 circle_out 2275 718; 1490 line_in 628 2275; 1491 line_out 2275 628; 2292 cstring_in 2275 2275; 2293 cstring_out 2275 2275
        2300 trigger_in 2279 2275; 2301 trigger_out 2275 2279; 2302 language_handler_in 2280 2275; 2303 language_handler_out 2275 2280; 2428 point_recv 600 2281
        2429 point_send 17 600; 2480 lseg_recv 601 2281; 2481 lseg_send 17 601; 2482 path_recv 602 2281; 2483 path_send 17 602; 2484 box_recv 603 2281
        2485 box_send 17 603; 2486 poly_recv 604 2281; 2487 poly_send 17 604; 2488 line_recv 628 2281; 2489 line_send 17 628; 2490 circle_recv 718 2281
        2491 circle_send 17 718; 2500 cstring_recv 2275 2281; 2501 cstring_send 17 2275; 2777 anynonarray_in 2776 2275; 2778 anynonarray_out 2275 2776
        2939 txid_snapshot_in 2970 2275; 2940 txid_snapshot_out 2275 2970; 2941 txid_snapshot_recv 2970 2281; 2942 txid_snapshot_send 17 2970
        3116 fdw_handler_in 3115 2275; 3117 fdw_handler_out 2275 3115; 3229 pg_lsn_in 3220 2275; 3230 pg_lsn_out 2275 3220; 3238 pg_lsn_recv 3220 2281
        3239 pg_lsn_send 17 3220; 3311 tsm_handler_in 3310 2275; 3312 tsm_handler_out 2275 3310; 3355 pg_ndistinct_in 3361 2275; 3356 pg_ndistinct_out 2275 3361
        3357 pg_ndistinct_recv 3361 2281; 3358 pg_ndistinct_send 17 3361; 3404 pg_dependencies_in 3402 2275; 3405 pg_dependencies_out 2275 3402
        3406 pg_dependencies_recv 3402 2281; 3407 pg_dependencies_send 17 3402; 3446 macaddr8_recv 774 2281; 3447 macaddr8_send 17 774
        3504 anyenum_in 3500 2275; 3505 anyenum_out 2275 3500; 3594 event_trigger_in 3838 2275; 3595 event_trigger_out 2275 3838; 3610 tsvectorin 3614 2275
        3611 tsvectorout 2275 3614; 3612 tsqueryin 3615 2275; 3613 tsqueryout 2275 3615; 3638 tsvectorsend 17 3614; 3639 tsvectorrecv 3614 2281
        3640 tsquerysend 17 3615; 3641 tsqueryrecv 3615 2281; 3646 gtsvectorin 3642 2275; 3647 gtsvectorout 2275 3642; 3736 regconfigin 3734 2275
        3737 regconfigout 2275 3734; 3738 regconfigrecv 3734 2281; 3739 regconfigsend 17 3734; 3771 regdictionaryin 3769 2275; 3772 regdictionaryout 2275 3769
        3773 regdictionaryrecv 3769 2281; 3774 regdictionarysend 17 3769; 3832 anyrange_in 3831 2275,26,23; 3833 anyrange_out 2275 3831
        3834 range_in 3831 2275,26,23; 3835 range_out 2275 3831; 3836 range_recv 3831 2281,26,23; 3837 range_send 17 3831; 4001 jsonpath_in 4072 2275
        4002 jsonpath_recv 4072 2281; 4003 jsonpath_out 2275 4072; 4004 jsonpath_send 17 4072; 4110 macaddr8_in 774 2275; 4111 macaddr8_out 2275 774
        4193 regcollationin 4191 2275; 4194 regcollationout 2275 4191; 4196 regcollationrecv 4191 2281; 4197 regcollationsend 17 4191
        4226 anycompatiblemultirange_in 4538 2275,26,23; 4227 anycompatiblemultirange_out 2275 4538; 4229 anymultirange_in 4537 2275,26,23
        4230 anymultirange_out 2275 4537; 4231 multirange_in 4537 2275,26,23; 4232 multirange_out 2275 4537; 4233 multirange_recv 4537 2281,26,23
        4234 multirange_send 17 4537; 4596 brin_bloom_summary_in 4600 2275; 4597 brin_bloom_summary_out 2275 4600; 4598 brin_bloom_summary_recv 4600 2281
        4599 brin_bloom_summary_send 17 4600; 4638 brin_minmax_multi_summary_in 4601 2275; 4639 brin_minmax_multi_summary_out 2275 4601
        4640 brin_minmax_multi_summary_recv 4601 2281; 4641 brin_minmax_multi_summary_send 17 4601; 5018 pg_mcv_list_in 5017 2275
        5019 pg_mcv_list_out 2275 5017; 5020 pg_mcv_list_recv 5017 2281; 5021 pg_mcv_list_send 17 5017; 5055 pg_snapshot_in 5038 2275
        5056 pg_snapshot_out 2275 5038; 5057 pg_snapshot_recv 5038 2281; 5058 pg_snapshot_send 17 5038; 5070 xid8in 5069 2275; 5081 xid8out 2275 5069
        5082 xid8recv 5069 2281; 5083 xid8send 17 5069; 5086 anycompatible_in 5077 2275; 5087 anycompatible_out 2275 5077; 5088 anycompatiblearray_in 5078 2275
        5089 anycompatiblearray_out 2275 5078; 5090 anycompatiblearray_recv 5078 2281; 5091 anycompatiblearray_send 17 5078
        5092 anycompatiblenonarray_in 5079 2275; 5093 anycompatiblenonarray_out 2275 5079; 5094 anycompatiblerange_in 5080 2275,26,23
        5095 anycompatiblerange_out 2275 5080
        3914 int4range_canonical 3904 3904; 3915 daterange_canonical 3912 3912; 3922 int4range_subdiff 701 23,23; 3923 int8range_subdiff 701 20,20
        3924 numrange_subdiff 701 1700,1700; 3925 daterange_subdiff 701 1082,1082; 3928 int8range_canonical 3926 3926; 3929 tsrange_subdiff 701 1114,1114
        3930 tstzrange_subdiff 701 1184,1184; 3 heap_tableam_handler 269 2281 fv; 330 bthandler 325 2281 fv
        """
}
