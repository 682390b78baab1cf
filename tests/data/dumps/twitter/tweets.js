window.YTD.tweets.part0 = [
 {
  "tweet": {
   "id_str": "1600000000000000001",
   "id": "1600000000000000001",
   "full_text": "Fish &amp; chips &lt;3",
   "created_at": "Wed Oct 10 20:19:24 +0000 2018",
   "favorite_count": "2",
   "lang": "en",
   "retweeted": false
  }
 },
 {
  "tweet": {
   "id_str": "1600000000000000002",
   "full_text": "@pal see above",
   "created_at": "Wed Oct 10 21:19:24 +0000 2018",
   "favorite_count": "0",
   "lang": "und",
   "in_reply_to_status_id_str": "1600000000000000001"
  }
 },
 {
  "tweet": {
   "id_str": "1600000000000000003",
   "full_text": "@other yes",
   "created_at": "Wed Oct 10 22:19:24 +0000 2018",
   "favorite_count": "0",
   "lang": "en",
   "in_reply_to_status_id_str": "1599999999999999999"
  }
 },
 {
  "tweet": {
   "full_text": "no id"
  }
 }
]
