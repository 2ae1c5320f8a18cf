// Functions of PostgreSQL 15 that this language has too, as its own catalog tells them. The numbers never change.
//
//     number name type-of-result types-of-arguments kind; …            kind: f, a (aggregate) or w (window), then i, s or v as it is volatile, then s where it gives rows
//
// In the place of types that are not in `pg_type` here stand the nearest that are: anyarray for anycompatiblearray, text for jsonpath, text[] for xml[]. A function that
// PostgreSQL does not have is not written here: `SystemProcedure` takes it from the registry.

/// What people look up and tools complete by.
enum SystemFunctionText {
    static let all = """
        89 version 25 - fs; 315 pg_jit_available 16 - fv; 320 width_bucket 23 701,701,701,23 fi; 376 string_to_array 1009 25,25,25 fi; 384 array_to_string 25 2277,25,25 fs
        394 string_to_array 1009 25,25 fi; 395 array_to_string 25 2277,25 fs; 438 num_nulls 23 2276 fi; 440 num_nonnulls 23 2276 fi; 720 octet_length 23 17 fi
        748 array_ndims 23 2277 fi; 749 overlay 17 17,17,23,23 fi; 752 overlay 17 17,17,23 fi; 753 trunc 829 829 fi; 861 current_database 19 - fs; 868 strpos 23 25,25 fi
        870 lower 25 25 fi; 871 upper 25 25 fi; 872 initcap 25 25 fi; 873 lpad 25 25,23,25 fi; 874 rpad 25 25,23,25 fi; 875 ltrim 25 25,25 fi; 876 rtrim 25 25,25 fi
        877 substr 25 25,23,23 fi; 878 translate 25 25,25,25 fi; 879 lpad 25 25,23 fi; 880 rpad 25 25,23 fi; 881 ltrim 25 25 fi; 882 rtrim 25 25 fi; 883 substr 25 25,23 fi
        884 btrim 25 25,25 fi; 885 btrim 25 25 fi; 936 substring 25 25,23,23 fi; 937 substring 25 25,23 fi; 938 generate_series 1114 1114,1114,1186 fis
        939 generate_series 1184 1184,1184,1186 fss; 940 mod 21 21,21 fi; 941 mod 23 23,23 fi; 947 mod 20 20,20 fi; 1026 timezone 1114 1186,1184 fi
        1039 getdatabaseencoding 19 - fs; 1066 generate_series 23 23,23,23 fis; 1067 generate_series 23 23,23 fis; 1068 generate_series 20 20,20,20 fis
        1069 generate_series 20 20,20 fis; 1081 format_type 25 26,23 fs; 1158 to_timestamp 1184 701 fi; 1159 timezone 1114 25,1184 fi; 1171 date_part 701 25,1184 fs
        1172 date_part 701 25,1186 fi; 1174 timestamptz 1184 1082 fs; 1175 justify_hours 1186 1186 fi; 1176 timestamptz 1184 1082,1083 fs; 1178 date 1082 1184 fs
        1181 age 23 28 fs; 1191 generate_subscripts 23 2277,23,16 fis; 1192 generate_subscripts 23 2277,23 fis; 1194 log10 701 701 fi; 1199 age 1186 1184,1184 fi
        1215 obj_description 25 26,19 fs; 1216 col_description 25 26,23 fs; 1217 date_trunc 1184 25,1184 fs; 1218 date_trunc 1186 25,1186 fi; 1264 pg_char_to_encoding 23 19 fs
        1271 overlaps 16 1266,1266,1266,1266 fi; 1273 date_part 701 25,1266 fi; 1282 quote_ident 25 25 fi; 1283 quote_literal 25 25 fi; 1284 date_trunc 1184 25,1184,25 fs
        1285 quote_literal 25 2283 fs; 1289 quote_nullable 25 25 fi; 1290 quote_nullable 25 2283 fs; 1295 justify_days 1186 1186 fi; 1299 now 1184 - fs
        1304 overlaps 16 1184,1184,1184,1184 fi; 1305 overlaps 16 1184,1186,1184,1186 fs; 1306 overlaps 16 1184,1184,1184,1186 fs; 1307 overlaps 16 1184,1186,1184,1184 fs
        1308 overlaps 16 1083,1083,1083,1083 fi; 1309 overlaps 16 1083,1186,1083,1186 fi; 1310 overlaps 16 1083,1083,1083,1186 fi; 1311 overlaps 16 1083,1186,1083,1083 fi
        1317 length 23 25 fi; 1318 length 23 1042 fi; 1340 log 701 701 fi; 1341 ln 701 701 fi; 1342 round 701 701 fi; 1343 trunc 701 701 fi; 1344 sqrt 701 701 fi
        1345 cbrt 701 701 fi; 1346 pow 701 701,701 fi; 1347 exp 701 701 fi; 1348 obj_description 25 26 fs; 1359 timestamptz 1184 1082,1266 fi; 1367 character_length 23 1042 fi
        1368 power 701 701,701 fi; 1369 character_length 23 25 fi; 1372 char_length 23 1042 fi; 1373 isfinite 16 1082 fi; 1374 octet_length 23 25 fi
        1375 octet_length 23 1042 fi; 1376 factorial 1700 20 fi; 1381 char_length 23 25 fi; 1384 date_part 701 25,1082 fi; 1385 date_part 701 25,1083 fi; 1386 age 1186 1184 fs
        1387 pg_get_constraintdef 25 26 fs; 1389 isfinite 16 1184 fi; 1390 isfinite 16 1186 fi; 1394 abs 700 700 fi; 1395 abs 701 701 fi; 1396 abs 20 20 fi; 1397 abs 23 23 fi
        1398 abs 21 21 fi; 1402 current_schema 19 - fs; 1403 current_schemas 1003 16 fs; 1404 overlay 25 25,25,23,23 fi; 1405 overlay 25 25,25,23 fi; 1481 log10 1700 1700 fi
        1569 like 16 25,25 fi; 1570 notlike 16 25,25 fi; 1597 pg_encoding_to_char 19 23 fs; 1600 asin 701 701 fi; 1601 acos 701 701 fi; 1602 atan 701 701 fi; 1603 atan2 701 701,701 fi; 1604 sin 701 701 fi; 1605 cos 701 701 fi
        1606 tan 701 701 fi; 1607 cot 701 701 fi; 1608 degrees 701 701 fi; 1609 radians 701 701 fi; 1610 pi 701 - fi; 1619 pg_typeof 2206 2276 fs; 1620 ascii 23 25 fi
        1621 chr 25 23 fi; 1622 repeat 25 25,23 fi; 1640 pg_get_viewdef 25 25 fs; 1641 pg_get_viewdef 25 26 fs; 1642 pg_get_userbyid 19 26 fs; 1643 pg_get_indexdef 25 26 fs
        1680 substring 1560 1560,23,23 fi; 1681 length 23 1560 fi; 1682 octet_length 23 1560 fi; 1699 substring 1560 1560,23 fi; 1705 abs 1700 1700 fi; 1706 sign 1700 1700 fi
        1707 round 1700 1700,23 fi; 1708 round 1700 1700 fi; 1709 trunc 1700 1700,23 fi; 1710 trunc 1700 1700 fi; 1711 ceil 1700 1700 fi; 1712 floor 1700 1700 fi
        1713 length 23 17,19 fs; 1714 convert_from 25 17,19 fs; 1716 pg_get_expr 25 194,26 fs; 1717 convert_to 17 25,19 fs; 1728 mod 1700 1700,1700 fi; 1730 sqrt 1700 1700 fi
        1732 exp 1700 1700 fi; 1734 ln 1700 1700 fi; 1736 log 1700 1700,1700 fi; 1738 pow 1700 1700,1700 fi; 1741 log 1700 1700 fi; 1768 to_char 25 1186,25 fs
        1770 to_char 25 1184,25 fs; 1772 to_char 25 1700,25 fs; 1773 to_char 25 23,25 fs; 1774 to_char 25 20,25 fs; 1775 to_char 25 700,25 fs; 1776 to_char 25 701,25 fs
        1777 to_number 1700 25,25 fs; 1778 to_timestamp 1184 25,25 fs; 1780 to_date 1082 25,25 fs; 1810 bit_length 23 17 fi; 1811 bit_length 23 25 fi; 1812 bit_length 23 1560 fi
        1928 pg_stat_get_numscans 20 26 fs; 1946 encode 25 17,25 fi; 1947 decode 17 25,25 fi; 1967 timestamptz 1184 1184,23 fi; 1973 div 1700 1700,1700 fi
        1986 similar_to_escape 25 25,25 fi; 1987 similar_to_escape 25 25 fi; 2010 length 23 17 fi; 2012 substring 17 17,23,23 fi; 2013 substring 17 17,23 fi
        2015 btrim 17 17,17 fi; 2020 date_trunc 1114 25,1114 fi; 2021 date_part 701 25,1114 fi; 2026 pg_backend_pid 23 - fs; 2028 timestamptz 1184 1114 fs
        2029 date 1082 1114 fi; 2034 pg_conf_load_time 1184 - fs; 2037 timezone 1266 25,1266 fs; 2038 timezone 1266 1186,1266 fi; 2041 overlaps 16 1114,1114,1114,1114 fi
        2042 overlaps 16 1114,1186,1114,1186 fi; 2043 overlaps 16 1114,1114,1114,1186 fi; 2044 overlaps 16 1114,1186,1114,1114 fi; 2048 isfinite 16 1114 fi
        2049 to_char 25 1114,25 fs; 2050 max 2277 2277 ai; 2051 min 2277 2277 ai; 2058 age 1186 1114,1114 fi; 2059 age 1186 1114 fs; 2069 timezone 1184 25,1114 fi
        2070 timezone 1184 1186,1114 fi; 2073 substring 25 25,25 fi; 2074 substring 25 25,25,25 fi; 2077 current_setting 25 25 fs; 2078 set_config 25 25,25,16 fv
        2085 substr 17 17,23,23 fi; 2086 substr 17 17,23 fi; 2087 replace 25 25,25,25 fi; 2088 split_part 25 25,25,23 fi; 2089 to_hex 25 23 fi; 2090 to_hex 25 20 fi
        2091 array_lower 23 2277,23 fi; 2092 array_upper 23 2277,23 fi; 2096 pg_terminate_backend 16 23,20 fv; 2100 avg 1700 20 ai; 2101 avg 1700 23 ai; 2102 avg 1700 21 ai
        2103 avg 1700 1700 ai; 2104 avg 701 700 ai; 2105 avg 701 701 ai; 2106 avg 1186 1186 ai; 2107 sum 1700 20 ai; 2108 sum 20 23 ai; 2109 sum 20 21 ai; 2110 sum 700 700 ai
        2111 sum 701 701 ai; 2112 sum 790 790 ai; 2113 sum 1186 1186 ai; 2114 sum 1700 1700 ai; 2115 max 20 20 ai; 2116 max 23 23 ai; 2117 max 21 21 ai; 2118 max 26 26 ai
        2119 max 700 700 ai; 2120 max 701 701 ai; 2122 max 1082 1082 ai; 2123 max 1083 1083 ai; 2124 max 1266 1266 ai; 2125 max 790 790 ai; 2126 max 1114 1114 ai
        2127 max 1184 1184 ai; 2128 max 1186 1186 ai; 2129 max 25 25 ai; 2130 max 1700 1700 ai; 2131 min 20 20 ai; 2132 min 23 23 ai; 2133 min 21 21 ai; 2134 min 26 26 ai
        2135 min 700 700 ai; 2136 min 701 701 ai; 2138 min 1082 1082 ai; 2139 min 1083 1083 ai; 2140 min 1266 1266 ai; 2141 min 790 790 ai; 2142 min 1114 1114 ai
        2143 min 1184 1184 ai; 2144 min 1186 1186 ai; 2145 min 25 25 ai; 2146 min 1700 1700 ai; 2147 count 20 2276 ai; 2148 variance 1700 20 ai; 2149 variance 1700 23 ai
        2150 variance 1700 21 ai; 2151 variance 701 700 ai; 2152 variance 701 701 ai; 2153 variance 1700 1700 ai; 2154 stddev 1700 20 ai; 2155 stddev 1700 23 ai
        2156 stddev 1700 21 ai; 2157 stddev 701 700 ai; 2158 stddev 701 701 ai; 2159 stddev 1700 1700 ai; 2162 pg_get_function_arguments 25 26 fs
        2165 pg_get_function_result 25 26 fs; 2167 ceiling 1700 1700 fi; 2168 pg_database_size 20 19 fv; 2169 power 1700 1700,1700 fi; 2170 width_bucket 23 1700,1700,1700,23 fi
        2171 pg_cancel_backend 16 23 fv; 2176 array_length 23 2277,23 fi; 2232 pg_get_function_identity_arguments 25 26 fs; 2236 bit_and 21 21 ai; 2237 bit_or 21 21 ai
        2238 bit_and 23 23 ai; 2239 bit_or 23 23 ai; 2240 bit_and 20 20 ai; 2241 bit_or 20 20 ai; 2242 bit_and 1560 1560 ai; 2243 bit_or 1560 1560 ai; 2244 max 1042 1042 ai
        2245 min 1042 1042 ai; 2284 regexp_replace 25 25,25,25 fi; 2285 regexp_replace 25 25,25,25,25 fi; 2286 pg_total_relation_size 20 2205 fv; 2288 pg_size_pretty 25 20 fi
        2308 ceil 701 701 fi; 2309 floor 701 701 fi; 2310 sign 701 701 fi; 2311 md5 25 25 fi; 2319 pg_encoding_max_length 23 23 fi; 2320 ceiling 701 701 fi; 2321 md5 25 17 fi
        2322 pg_tablespace_size 20 26 fv; 2323 pg_tablespace_size 20 19 fv; 2324 pg_database_size 20 26 fv; 2325 pg_relation_size 20 2205 fv; 2331 unnest 2283 2277 fis
        2332 pg_relation_size 20 2205,25 fv; 2462 sinh 701 701 fi; 2463 cosh 701 701 fi; 2464 tanh 701 701 fi; 2465 asinh 701 701 fi; 2466 acosh 701 701 fi
        2467 atanh 701 701 fi; 2505 pg_get_viewdef 25 25,16 fs; 2506 pg_get_viewdef 25 26,16 fs; 2507 pg_get_indexdef 25 26,23,16 fs; 2508 pg_get_constraintdef 25 26,16 fs
        2509 pg_get_expr 25 194,26,16 fs; 2517 bool_and 16 16 ai; 2518 bool_or 16 16 ai; 2519 every 16 16 ai; 2561 pg_blocking_pids 1007 23 fv; 2641 var_samp 1700 20 ai
        2642 var_samp 1700 23 ai; 2643 var_samp 1700 21 ai; 2644 var_samp 701 700 ai; 2645 var_samp 701 701 ai; 2646 var_samp 1700 1700 ai; 2647 transaction_timestamp 1184 - fs
        2648 statement_timestamp 1184 - fs; 2705 pg_has_role 16 19,19,25 fs; 2706 pg_has_role 16 19,26,25 fs; 2707 pg_has_role 16 26,19,25 fs; 2708 pg_has_role 16 26,26,25 fs
        2709 pg_has_role 16 19,25 fs; 2710 pg_has_role 16 26,25 fs; 2711 justify_interval 1186 1186 fi; 2712 stddev_samp 1700 20 ai; 2713 stddev_samp 1700 23 ai
        2714 stddev_samp 1700 21 ai; 2715 stddev_samp 701 700 ai; 2716 stddev_samp 701 701 ai; 2717 stddev_samp 1700 1700 ai; 2718 var_pop 1700 20 ai; 2719 var_pop 1700 23 ai
        2720 var_pop 1700 21 ai; 2721 var_pop 701 700 ai; 2722 var_pop 701 701 ai; 2723 var_pop 1700 1700 ai; 2724 stddev_pop 1700 20 ai; 2725 stddev_pop 1700 23 ai
        2726 stddev_pop 1700 21 ai; 2727 stddev_pop 701 700 ai; 2728 stddev_pop 701 701 ai; 2729 stddev_pop 1700 1700 ai; 2763 regexp_matches 1009 25,25 fis
        2764 regexp_matches 1009 25,25,25 fis; 2765 regexp_split_to_table 25 25,25 fis; 2766 regexp_split_to_table 25 25,25,25 fis; 2767 regexp_split_to_array 1009 25,25 fi
        2768 regexp_split_to_array 1009 25,25,25 fi; 2797 max 27 27 ai; 2798 min 27 27 ai; 2803 count 20 - ai; 2818 regr_count 20 701,701 ai; 2819 regr_sxx 701 701,701 ai
        2820 regr_syy 701 701,701 ai; 2821 regr_sxy 701 701,701 ai; 2822 regr_avgx 701 701,701 ai; 2823 regr_avgy 701 701,701 ai; 2824 regr_r2 701 701,701 ai
        2825 regr_slope 701 701,701 ai; 2826 regr_intercept 701 701,701 ai; 2827 covar_pop 701 701,701 ai; 2828 covar_samp 701 701,701 ai; 2829 corr 701 701,701 ai
        2855 pg_is_other_temp_schema 16 26 fs; 2880 pg_advisory_lock 2278 20 fv; 2881 pg_advisory_lock_shared 2278 20 fv; 2882 pg_try_advisory_lock 16 20 fv
        2883 pg_try_advisory_lock_shared 16 20 fv; 2884 pg_advisory_unlock 16 20 fv; 2885 pg_advisory_unlock_shared 16 20 fv; 2886 pg_advisory_lock 2278 23,23 fv
        2887 pg_advisory_lock_shared 2278 23,23 fv; 2888 pg_try_advisory_lock 16 23,23 fv; 2889 pg_try_advisory_lock_shared 16 23,23 fv; 2890 pg_advisory_unlock 16 23,23 fv
        2891 pg_advisory_unlock_shared 16 23,23 fv; 2892 pg_advisory_unlock_all 2278 - fv; 2997 pg_table_size 20 2205 fv; 2998 pg_indexes_size 20 2205 fv
        3030 overlay 1560 1560,1560,23,23 fi; 3031 overlay 1560 1560,1560,23 fi; 3049 xpath_exists 16 25,142,1009 fi; 3050 xpath_exists 16 25,142 fi; 3058 concat 25 2276 fs
        3059 concat_ws 25 25,2276 fs; 3060 left 25 25,23 fi; 3061 right 25 25,23 fi; 3062 reverse 25 25 fi; 3089 pg_advisory_xact_lock 2278 20 fv
        3091 pg_try_advisory_xact_lock 16 20 fv; 3093 pg_advisory_xact_lock 2278 23,23 fv; 3095 pg_try_advisory_xact_lock 16 23,23 fv; 3100 row_number 20 - wi; 3101 rank 20 - wi
        3102 dense_rank 20 - wi; 3103 percent_rank 701 - wi; 3104 cume_dist 701 - wi; 3105 ntile 23 23 wi; 3106 lag 2283 2283 wi; 3107 lag 2283 2283,23 wi
        3109 lead 2283 2283 wi; 3110 lead 2283 2283,23 wi; 3112 first_value 2283 2283 wi; 3113 last_value 2283 2283 wi; 3114 nth_value 2283 2283,23 wi
        3153 array_to_json 114 2277 fs; 3154 array_to_json 114 2277,16 fs; 3155 row_to_json 114 2249 fs; 3156 row_to_json 114 2249,16 fs; 3159 pg_get_viewdef 25 26,23 fs
        3162 pg_collation_for 25 2276 fs; 3166 pg_size_pretty 25 1700 fi; 3175 json_agg 114 2283 as; 3176 to_json 114 2283 fs; 3179 cardinality 23 2277 fi
        3197 json_object_agg 114 2276,2276 as; 3198 json_build_array 114 2276 fs; 3199 json_build_array 114 - fs; 3200 json_build_object 114 2276 fs
        3201 json_build_object 114 - fs; 3207 jsonb_array_length 23 3802 fi; 3208 jsonb_each 2249 3802 fis; 3210 jsonb_typeof 25 3802 fi
        3217 jsonb_extract_path 3802 3802,1009 fi; 3219 jsonb_array_elements 3802 3802 fis; 3259 generate_series 1700 1700,1700,1700 fis; 3260 generate_series 1700 1700,1700 fis
        3261 json_strip_nulls 114 114 fi; 3262 jsonb_strip_nulls 3802 3802 fi; 3267 jsonb_agg 3802 2283 as; 3270 jsonb_object_agg 3802 2276,2276 ai
        3271 jsonb_build_array 3802 2276 fs; 3272 jsonb_build_array 3802 - fs; 3273 jsonb_build_object 3802 2276 fs; 3274 jsonb_build_object 3802 - fs
        3294 current_setting 25 25,16 fs; 3298 row_security_active 16 26 fs; 3299 row_security_active 16 25 fs; 3305 jsonb_set 3802 3802,1009,3802,16 fi
        3306 jsonb_pretty 25 3802 fi; 3334 pg_size_bytes 20 25 fi; 3396 regexp_match 1009 25,25 fi; 3397 regexp_match 1009 25,25,25 fi; 3419 sha224 17 17 fi; 3420 sha256 17 17 fi; 3421 sha384 17 17 fi; 3422 sha512 17 17 fi; 3424 pg_partition_root 2205 2205 fi
        3425 pg_partition_ancestors 2205 2205 fvs; 3461 make_timestamp 1114 23,23,23,23,23,701 fi; 3462 make_timestamptz 1184 23,23,23,23,23,701 fs
        3463 make_timestamptz 1184 23,23,23,23,23,701,25 fs; 3464 make_interval 1186 23,23,23,23,23,23,701 fi; 3465 jsonb_array_elements_text 25 3802 fis
        3493 to_regtype 2206 25 fs; 3495 to_regclass 2205 25 fs; 3538 string_agg 25 25,25 ai; 3539 format 25 25,2276 fs; 3540 format 25 25 fs; 3545 string_agg 17 17,17 ai
        3564 max 869 869 ai; 3565 min 869 869 ai; 3579 jsonb_insert 3802 3802,1009,3802,16 fi; 3696 starts_with 16 25,25 fi; 3778 pg_tablespace_location 25 26 fs
        3787 to_jsonb 3802 2283 fs; 3800 pg_current_logfile 25 - fv; 3801 pg_current_logfile 25 25 fv; 3810 pg_is_in_recovery 16 - fv
        3842 pg_relation_is_updatable 23 2205,16 fs; 3843 pg_column_is_updatable 16 2205,21,16 fs; 3846 make_date 1082 23,23,23 fi; 3847 make_time 1083 23,23,701 fi
        3931 jsonb_object_keys 25 3802 fis; 3932 jsonb_each_text 2249 3802 fis; 3940 jsonb_extract_path_text 25 3802,1009 fi; 3951 json_extract_path 114 114,1009 fi
        3953 json_extract_path_text 25 114,1009 fi; 3955 json_array_elements 114 114 fis; 3956 json_array_length 23 114 fi; 3957 json_object_keys 25 114 fis
        3958 json_each 2249 114 fis; 3959 json_each_text 2249 114 fis; 3968 json_typeof 25 114 fi; 3969 json_array_elements_text 25 114 fis
        3972 percentile_disc 2283 701,2283 ai; 3974 percentile_cont 701 701,701 ai; 3976 percentile_cont 1186 701,1186 ai; 3978 percentile_disc 2277 1022,2283 ai
        3980 percentile_cont 1022 1022,701 ai; 3982 percentile_cont 1187 1022,1186 ai; 3984 mode 2283 2283 ai; 3986 rank 20 2276 ai; 3988 percent_rank 701 2276 ai
        3990 cume_dist 701 2276 ai; 3992 dense_rank 20 2276 ai; 4053 array_agg 2277 2277 ai; 4086 to_regnamespace 4089 25 fs; 4350 normalize 25 25,25 fi; 4351 is_normalized 16 25,25 fi; 5044 gcd 23 23,23 fi; 5045 gcd 20 20,20 fi
        5046 lcm 23 23,23 fi; 5047 lcm 20 20,20 fi; 5048 gcd 1700 1700,1700 fi; 5049 lcm 1700 1700,1700 fi; 6121 pg_relation_is_publishable 16 2205 fs
        6160 string_to_table 25 25,25 fis; 6161 string_to_table 25 25,25,25 fis; 6162 bit_count 20 1560 fi; 6163 bit_count 20 17 fi; 6164 bit_xor 21 21 ai; 6165 bit_xor 23 23 ai
        6166 bit_xor 20 20 ai; 6167 bit_xor 1560 1560 ai; 6177 date_bin 1114 1186,1114,1114 fi; 6178 date_bin 1184 1186,1184,1184 fi; 6195 ltrim 17 17,17 fi
        6196 rtrim 17 17,17 fi; 6199 extract 1700 25,1082 fi; 6200 extract 1700 25,1083 fi; 6201 extract 1700 25,1266 fi; 6202 extract 1700 25,1114 fi
        6203 extract 1700 25,1184 fs; 6204 extract 1700 25,1186 fi; 6251 regexp_replace 25 25,25,25,23,23,25 fi; 6252 regexp_replace 25 25,25,25,23,23 fi
        6253 regexp_replace 25 25,25,25,23 fi; 6254 regexp_count 23 25,25 fi; 6255 regexp_count 23 25,25,23 fi; 6256 regexp_count 23 25,25,23,25 fi
        6257 regexp_instr 23 25,25 fi; 6258 regexp_instr 23 25,25,23 fi; 6259 regexp_instr 23 25,25,23,23 fi; 6260 regexp_instr 23 25,25,23,23,23 fi
        6261 regexp_instr 23 25,25,23,23,23,25 fi; 6262 regexp_instr 23 25,25,23,23,23,25,23 fi; 6263 regexp_like 16 25,25 fi; 6264 regexp_like 16 25,25,25 fi
        6265 regexp_substr 25 25,25 fi; 6266 regexp_substr 25 25,25,23 fi; 6267 regexp_substr 25 25,25,23,23 fi; 6268 regexp_substr 25 25,25,23,23,25 fi
        6269 regexp_substr 25 25,25,23,23,25,23 fi
        378 array_append 2277 2277,2283 fi; 379 array_prepend 2277 2283,2277 fi; 383 array_cat 2277 2277,2277 fi; 721 get_byte 23 17,23 fi; 722 set_byte 17 17,23,23 fi
        723 get_bit 23 17,20 fi; 724 set_bit 17 17,20,23 fi; 747 array_dims 25 2277 fi; 1177 jsonb_path_exists_tz 16 3802,25,3802,16 fs
        1179 jsonb_path_query_tz 3802 3802,25,3802,16 fss; 1180 jsonb_path_query_array_tz 3802 3802,25,3802,16 fs; 1193 array_fill 2277 2283,1007 fi
        1268 parse_ident 1009 25,16 fi; 1286 array_fill 2277 2283,1007,1007 fi; 1598 random 701 - fv; 1599 setseed 2278 701 fv
        2023 jsonb_path_query_first_tz 3802 3802,25,3802,16 fs; 2030 jsonb_path_match_tz 16 3802,25,3802,16 fs; 2731 asind 701 701 fi; 2732 acosd 701 701 fi
        2733 atand 701 701 fi; 2734 atan2d 701 701,701 fi; 2735 sind 701 701 fi; 2736 cosd 701 701 fi; 2737 tand 701 701 fi; 2738 cotd 701 701 fi
        2895 xmlcomment 142 25 fi; 2901 xmlagg 142 142 ai; 2931 xpath 1009 25,142,1009 fi; 2932 xpath 1009 25,142 fi; 3032 get_bit 23 1560,23 fi; 3033 set_bit 1560 1560,23,23 fi; 3167 array_remove 2277 2277,2283 fi
        3168 array_replace 2277 2277,2283,2283 fi; 3202 json_object 114 1009 fi; 3203 json_object 114 1009,1009 fi; 3263 jsonb_object 3802 1009 fi
        3264 jsonb_object 3802 1009,1009 fi; 3277 array_position 23 2277,2283 fi; 3278 array_position 23 2277,2283,23 fi; 3279 array_positions 1007 2277,2283 fi
        3281 scale 23 1700 fi; 3301 jsonb_concat 3802 3802,3802 fi; 3302 jsonb_delete 3802 3802,25 fi; 3303 jsonb_delete 3802 3802,23 fi
        3304 jsonb_delete_path 3802 3802,1009 fi; 3343 jsonb_delete 3802 3802,1009 fi; 3432 gen_random_uuid 2950 - fv; 4005 jsonb_path_exists 16 3802,25,3802,16 fi
        4006 jsonb_path_query 3802 3802,25,3802,16 fis; 4007 jsonb_path_query_array 3802 3802,25,3802,16 fi; 4008 jsonb_path_query_first 3802 3802,25,3802,16 fi
        4009 jsonb_path_match 16 3802,25,3802,16 fi; 4046 jsonb_contains 16 3802,3802 fi; 4047 jsonb_exists 16 3802,25 fi; 4048 jsonb_exists_any 16 3802,1009 fi
        4049 jsonb_exists_all 16 3802,1009 fi; 4050 jsonb_contained 16 3802,3802 fi; 5042 min_scale 23 1700 fi; 5043 trim_scale 1700 1700 fi
        698 host 25 869 fi; 2626 pg_sleep 2278 701 fv; 3935 pg_sleep_for 2278 1186 fv; 3936 pg_sleep_until 2278 1184 fv; 5054 jsonb_set_lax 3802 3802,1009,3802,16,25 fi; 6172 trim_array 2277 2277,23 fi; 6198 unistr 25 25 fi
        2999 pg_relation_filenode 26 2205 fs; 3034 pg_relation_filepath 25 2205 fs; 3454 pg_filenode_relation 2205 26,26 fs; 3537 pg_describe_object 25 26,26,23 fs; 3839 pg_identify_object 2249 26,26,23 fs
        """
}
