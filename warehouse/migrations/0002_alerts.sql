-- placeholder until the tables of alerting are here (H7)
select 1;
